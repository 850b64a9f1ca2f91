using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>Names one object, for Events.</summary>
/// <param name="ApiVersion">Its <c>apiVersion</c>.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace; null when it has none.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its identity; empty when it is not known.</param>
public sealed record KubeReference(string ApiVersion, string Kind, string? Namespace, string Name, string Uid)
{
    /// <summary>Names an object that was read.</summary>
    public static KubeReference To(KubeResource resource, KubeObject value)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(value);
        return new KubeReference(resource.ApiVersion, resource.Kind, value.Namespace, value.Name, value.Uid);
    }

    /// <inheritdoc/>
    public override string ToString() => Namespace is null ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";

    internal JsonObject ToNode()
    {
        var node = new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = Kind, ["name"] = Name };
        if (Namespace is not null)
        {
            node["namespace"] = Namespace;
        }

        if (Uid.Length > 0)
        {
            node["uid"] = Uid;
        }

        return node;
    }
}
