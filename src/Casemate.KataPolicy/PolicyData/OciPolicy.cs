namespace Casemate.KataPolicy;

/// <summary>The OCI specification of a container, as far as policies compare it.</summary>
public sealed record OciPolicy
{
    /// <summary>How annotations begin that the runtime alone writes, and whose values may name the container's identifier.</summary>
    internal const string RuntimesOwnAnnotations = "io.katacontainers.pkg.oci.";

    /// <summary>The version of the specification that the runtime writes. More are listed in
    /// <see cref="CommonPolicy.OciVersions"/>.</summary>
    public string Version { get; init; } = "1.1.0";

    /// <summary>The first process.</summary>
    public required ProcessPolicy Process { get; init; }

    /// <summary>The root file system.</summary>
    public RootPolicy Root { get; init; } = new();

    /// <summary>What may be mounted.</summary>
    public IReadOnlyList<MountPolicy> Mounts { get; init; } = [];

    /// <summary>
    /// Annotations. Patterns, matched whole: <c>io.kubernetes.cri.sandbox-name</c>, <c>…sandbox-id</c>, <c>…sandbox-log-directory</c>,
    /// <c>nerdctl/network-namespace</c>. An empty <c>…sandbox-namespace</c> leaves the namespace open (one for all containers). In those
    /// that begin with <c>io.katacontainers.pkg.oci.</c>, <c>$(bundle-id)</c> stands for the container's identifier. All others are
    /// compared as they are.
    /// </summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>What concerns Linux.</summary>
    public LinuxPolicy Linux { get; init; } = new();
}
