using System.Text;

namespace Casemate.Kubernetes;

/// <summary>
/// What the API server needs to know of a kind of objects to find them. Source: Kubernetes API concepts, "Resource URIs".
/// </summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in addresses, such as <c>nodes</c>.</param>
/// <param name="Kind">The name in objects, such as <c>Node</c>.</param>
/// <param name="Namespaced">True when each object belongs to a namespace.</param>
public sealed partial record KubeResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    private const int LongestName = 253;

    /// <summary>The value of <c>apiVersion</c> in its objects.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of a list of objects, or of one of them.</summary>
    /// <param name="namespaceName">The namespace; null for all of them, and for kinds without one.</param>
    /// <param name="name">The object's name; null for the list.</param>
    /// <param name="subresource">Such as <c>status</c>; null for the object itself.</param>
    /// <exception cref="ArgumentException">A name cannot be that of an object, or the namespace is missing or too much.</exception>
    public string PathOf(string? namespaceName, string? name = null, string? subresource = null)
    {
        if (namespaceName is not null && !Namespaced)
        {
            throw new ArgumentException($"A {Kind} belongs to no namespace.", nameof(namespaceName));
        }

        if (name is not null && Namespaced && namespaceName is null)
        {
            throw new ArgumentException($"A {Kind} is named with its namespace.", nameof(namespaceName));
        }

        var path = new StringBuilder(Group.Length == 0 ? "api/" : "apis/");
        if (Group.Length > 0)
        {
            path.Append(Group).Append('/');
        }

        path.Append(Version);
        if (namespaceName is not null)
        {
            path.Append("/namespaces/").Append(Segment(namespaceName, nameof(namespaceName)));
        }

        path.Append('/').Append(Plural);
        if (name is not null)
        {
            path.Append('/').Append(Segment(name, nameof(name)));
        }

        if (subresource is not null)
        {
            path.Append('/').Append(Segment(subresource, nameof(subresource)));
        }

        return path.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    // The rule of the API server for every kind: one path segment (apimachinery, api/validation/path). Names come from peers too.
    private static string Segment(string name, string parameter) =>
        name.Length is 0 or > LongestName || name is "." or ".." || name.AsSpan().ContainsAny('/', '%')
            ? throw new ArgumentException("This cannot be the name of an object: it is empty, too long, or holds '/' or '%'.", parameter)
            : Uri.EscapeDataString(name);
}
