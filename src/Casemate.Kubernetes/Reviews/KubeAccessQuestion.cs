using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>May somebody do something? Source: authorization/v1, <c>ResourceAttributes</c>.</summary>
/// <param name="Verb"><c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c>, or <c>*</c>.</param>
/// <param name="Resource">To which kind.</param>
public sealed record KubeAccessQuestion(string Verb, KubeResource Resource)
{
    /// <summary>In which namespace; null: in all of them. Default null.</summary>
    public string? Namespace { get; init; }

    /// <summary>To which object; null: to all of them. Default null.</summary>
    public string? Name { get; init; }

    /// <summary>To which subresource; null: to the object itself. Default null.</summary>
    public string? Subresource { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Verb} {Resource}{(Subresource is null ? "" : $"/{Subresource}")}{(Name is null ? "" : $" {Name}")}"
        + (Namespace is null ? "" : $" in {Namespace}");

    internal JsonObject ToNode()
    {
        var node = new JsonObject
        {
            ["verb"] = Verb,
            ["group"] = Resource.Group,
            ["version"] = Resource.Version,
            ["resource"] = Resource.Plural,
        };
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[
            ("namespace", Namespace), ("name", Name), ("subresource", Subresource)])
        {
            if (value is not null)
            {
                node[name] = value;
            }
        }

        return node;
    }
}
