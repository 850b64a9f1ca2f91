namespace Casemate.KataPolicy;

/// <summary>What concerns Linux in an OCI specification.</summary>
public sealed record LinuxPolicy
{
    /// <summary>Namespaces in the order of requests, without <c>network</c> and <c>cgroup</c>; <c>mnt</c> or <c>mount</c>.</summary>
    public IReadOnlyList<NamespacePolicy> Namespaces { get; init; } = [new("ipc"), new("uts"), new("mount")];

    /// <summary>Paths that the request must mask; it may mask more.</summary>
    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    /// <summary>Paths that the request must make read-only or mask; it may name more.</summary>
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    /// <summary>Kernel parameters: those in the request must be here, with that value; each may be missing from the request.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new Dictionary<string, string>();

    /// <summary>Paths of the device nodes that the request may name.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];
}
