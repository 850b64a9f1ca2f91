namespace Casemate.Kubernetes;

/// <summary>Which objects a list or a watch names.</summary>
public sealed record KubeListOptions
{
    /// <summary>All of them.</summary>
    public static readonly KubeListOptions All = new();

    /// <summary>The namespace; null for all of them. Default null.</summary>
    public string? Namespace { get; init; }

    /// <summary>Which labels, such as <c>app=hello</c>; null for any. Default null.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Which fields, such as <c>spec.nodeName=n1</c>; null for any. Default null.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Objects a page. 1 to 5000, default 500.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Only the object of this name, in <paramref name="namespaceName"/> when it belongs to one.</summary>
    public static KubeListOptions Named(string name, string? namespaceName = null) =>
        new() { Namespace = namespaceName, FieldSelector = $"metadata.name={name}" };
}
