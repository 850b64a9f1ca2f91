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
    private const int LongestShown = 100;

    /// <summary>The value of <c>apiVersion</c> in its objects.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of a list of objects, or of one of them.</summary>
    /// <param name="namespaceName">The namespace; null for all of them, and for kinds without one.</param>
    /// <param name="name">The object's name; null for the list.</param>
    /// <param name="subresource">Such as <c>status</c>; null for the object itself.</param>
    /// <exception cref="ArgumentException">A name cannot be that of an object, or the namespace is missing or too much.</exception>
    public string PathOf(string? namespaceName, string? name = null, string? subresource = null) =>
        TryPathOf(namespaceName, name, subresource, out var path, out var problem) ? path : throw new ArgumentException(problem);

    /// <summary>As the other, with one sentence about what is wrong in place of an exception.</summary>
    internal bool TryPathOf(string? namespaceName, string? name, string? subresource, out string path, out string problem)
    {
        path = "";
        problem = namespaceName is not null && !Namespaced ? $"A {Kind} belongs to no namespace, and '{Shown(namespaceName)}' is named."
            : name is not null && Namespaced && namespaceName is null ? $"A {Kind} is named with its namespace, and none is named."
            : ((string?[])[namespaceName, name, subresource]).FirstOrDefault(part => part is not null && !IsSegment(part)) is { } wrong
                ? $"'{Shown(wrong)}' cannot be the name of a {(ReferenceEquals(wrong, namespaceName) ? "Namespace" : Kind)}: "
                    + "it is empty, too long, '.' or '..', or holds '/' or '%'."
            : "";
        if (problem.Length > 0)
        {
            return false;
        }

        var text = new StringBuilder(Group.Length == 0 ? "api/" : "apis/");
        if (Group.Length > 0)
        {
            text.Append(Group).Append('/');
        }

        text.Append(Version);
        if (namespaceName is not null)
        {
            text.Append("/namespaces/").Append(Uri.EscapeDataString(namespaceName));
        }

        text.Append('/').Append(Plural);
        foreach (var part in (string?[])[name, subresource])
        {
            if (part is not null)
            {
                text.Append('/').Append(Uri.EscapeDataString(part));
            }
        }

        path = text.ToString();
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    // The rule of the API server for every kind: one path segment (apimachinery, api/validation/path).
    internal static bool IsSegment(string name) =>
        name.Length is > 0 and <= LongestName && name is not ("." or "..") && !name.AsSpan().ContainsAny('/', '%');

    private static string Shown(string name) => StatusAnswer.Clean(name.Length <= LongestShown ? name : name[..LongestShown] + "...");
}
