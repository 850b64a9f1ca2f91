using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>The pod's security context. Source: core/v1 PodSecurityContext.</summary>
public sealed record PodSecurityContext
{
    /// <summary>The place in the document, also when the document has none: where one would be added.</summary>
    public required string Path { get; init; }

    /// <summary><c>runAsUser</c>, or null: the image decides.</summary>
    public long? RunAsUser { get; init; }

    /// <summary><c>runAsGroup</c>, or null.</summary>
    public long? RunAsGroup { get; init; }

    /// <summary><c>runAsNonRoot</c>, or null.</summary>
    public bool? RunAsNonRoot { get; init; }

    /// <summary><c>fsGroup</c>, or null.</summary>
    public long? FsGroup { get; init; }

    /// <summary><c>fsGroupChangePolicy</c>, or null.</summary>
    public string? FsGroupChangePolicy { get; init; }

    /// <summary><c>supplementalGroups</c> in order.</summary>
    public ImmutableArray<long> SupplementalGroups { get; init; } = [];

    /// <summary><c>supplementalGroupsPolicy</c>: <c>Merge</c> (default when null) or <c>Strict</c>.</summary>
    public string? SupplementalGroupsPolicy { get; init; }

    /// <summary><c>sysctls</c> in order.</summary>
    public ImmutableArray<NamedValue> Sysctls { get; init; } = [];

    /// <summary><c>seccompProfile</c>, or null.</summary>
    public SecurityProfile? Seccomp { get; init; }

    /// <summary><c>appArmorProfile</c>, or null.</summary>
    public SecurityProfile? AppArmor { get; init; }

    /// <summary><c>seLinuxOptions</c>, or null.</summary>
    public SeLinuxOptions? SeLinux { get; init; }
}
