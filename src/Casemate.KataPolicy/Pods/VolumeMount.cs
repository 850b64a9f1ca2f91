namespace Casemate.KataPolicy.Pods;

/// <summary>A volume mounted into a container. Source: core/v1 VolumeMount.</summary>
public sealed record VolumeMount
{
    /// <summary>The place in the document.</summary>
    public required string Path { get; init; }

    /// <summary>The volume's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it appears in the container.</summary>
    public required string MountPath { get; init; }

    /// <summary><c>subPath</c>; null when unset or empty.</summary>
    public string? SubPath { get; init; }

    /// <summary><c>subPathExpr</c>; null when unset or empty.</summary>
    public string? SubPathExpr { get; init; }

    /// <summary><c>readOnly</c>, false by default.</summary>
    public bool ReadOnly { get; init; }

    /// <summary><c>recursiveReadOnly</c>, or null.</summary>
    public string? RecursiveReadOnly { get; init; }

    /// <summary><c>mountPropagation</c>: <c>None</c>, <c>HostToContainer</c>, <c>Bidirectional</c>, or null for the default None.</summary>
    public string? MountPropagation { get; init; }
}
