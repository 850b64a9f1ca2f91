using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>A container's security context. Source: core/v1 SecurityContext.</summary>
public sealed record ContainerSecurityContext
{
    /// <summary>The place in the document, also when the document has none: where one would be added.</summary>
    public required string Path { get; init; }

    /// <summary><c>privileged</c>, false by default.</summary>
    public bool Privileged { get; init; }

    /// <summary><c>allowPrivilegeEscalation</c>, or null.</summary>
    public bool? AllowPrivilegeEscalation { get; init; }

    /// <summary><c>runAsUser</c>, or null: the pod's, then the image's.</summary>
    public long? RunAsUser { get; init; }

    /// <summary><c>runAsGroup</c>, or null: the pod's.</summary>
    public long? RunAsGroup { get; init; }

    /// <summary><c>runAsNonRoot</c>, or null: the pod's.</summary>
    public bool? RunAsNonRoot { get; init; }

    /// <summary><c>readOnlyRootFilesystem</c>, false by default.</summary>
    public bool ReadOnlyRootFilesystem { get; init; }

    /// <summary><c>capabilities.add</c> in order, as written (with or without <c>CAP_</c>).</summary>
    public ImmutableArray<string> AddCapabilities { get; init; } = [];

    /// <summary><c>capabilities.drop</c> in order, as written; <c>ALL</c> drops every one.</summary>
    public ImmutableArray<string> DropCapabilities { get; init; } = [];

    /// <summary><c>procMount</c>: <c>Default</c> (also when null) or <c>Unmasked</c>.</summary>
    public string? ProcMount { get; init; }

    /// <summary><c>seccompProfile</c>, or null: the pod's.</summary>
    public SecurityProfile? Seccomp { get; init; }

    /// <summary><c>appArmorProfile</c>, or null: the pod's.</summary>
    public SecurityProfile? AppArmor { get; init; }

    /// <summary><c>seLinuxOptions</c>, or null: the pod's.</summary>
    public SeLinuxOptions? SeLinux { get; init; }
}
