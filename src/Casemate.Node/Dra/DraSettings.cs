using Casemate.Kubernetes;
using Casemate.Primitives.Files;

namespace Casemate.Node.Dra;

/// <summary>Where the DRA driver meets the kubelet, the container runtime and the API server.</summary>
public sealed record DraSettings
{
    /// <summary>
    /// Speaks to the API server; its holder lets go of it. Needs <c>get</c> of ResourceClaims and Nodes, and <c>list</c>, <c>watch</c>,
    /// <c>create</c>, <c>patch</c> and <c>delete</c> of ResourceSlices.
    /// </summary>
    public required KubeClient Client { get; init; }

    /// <summary>The kubelet's directory in which plugins keep sockets and state.</summary>
    public string PluginDirectory { get; init; } = "/var/lib/kubelet/plugins";

    /// <summary>The kubelet's directory of registration sockets.</summary>
    public string RegistryDirectory { get; init; } = "/var/lib/kubelet/plugins_registry";

    /// <summary>The directory from which the container runtime reads Container Device Interface specifications.</summary>
    public string CdiDirectory { get; init; } = "/var/run/cdi";

    /// <summary>How long the API server may take to tell of a claim. 1 s to 40 s, default 15 s; the kubelet waits 45 s.</summary>
    public TimeSpan ClaimPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Delete the node's ResourceSlices when stopping, as when the node leaves. Not for a restart. Default false.</summary>
    public bool RemoveSlicesOnStop { get; init; }

    /// <summary>Told after each step; throws where a test lets the process die.</summary>
    internal Action<DraStep>? AfterStep { get; init; }

    /// <summary>Writes files.</summary>
    internal Action<string, ReadOnlyMemory<byte>> Write { get; init; } = (path, content) => AtomicFile.Write(path, content.Span);

    /// <summary>The driver's own directory.</summary>
    internal string Home => Path.Combine(PluginDirectory, DraNames.Driver);

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, path) in new[]
        {
            (nameof(PluginDirectory), PluginDirectory), (nameof(RegistryDirectory), RegistryDirectory),
            (nameof(CdiDirectory), CdiDirectory),
        })
        {
            if (!Path.IsPathFullyQualified(path))
            {
                yield return $"{name} is '{path}': use an absolute path.";
            }
        }

        if (ClaimPatience < TimeSpan.FromSeconds(1) || ClaimPatience > TimeSpan.FromSeconds(40))
        {
            yield return $"{nameof(ClaimPatience)} is {ClaimPatience}: use 1 s to 40 s (default 15 s).";
        }
    }
}
