using System.Diagnostics.Metrics;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Enforcement;
using Casemate.Node.Health;

namespace Casemate.Node;

/// <summary>What a node agent looks at, offers, and where.</summary>
public sealed record NodeAgentOptions
{
    /// <summary>What scans look at.</summary>
    public required NodeSources Sources { get; init; }

    /// <summary>How the hardware is offered.</summary>
    public AdvertisementSettings Advertisement { get; init; } = AdvertisementSettings.Default;

    /// <summary>Where the kubelet is, and what containers get.</summary>
    public DevicePluginSettings DevicePlugin { get; init; } = new();

    /// <summary>
    /// Where the DRA driver is, which runs when <see cref="AdvertisementSettings.Dra"/> is on; null: it does not run, and then nothing is
    /// offered with that setting. Default null.
    /// </summary>
    public DraSettings? Dra { get; init; }

    /// <summary>Whether and how EPC limits of containers are set. Default: they are not.</summary>
    public EpcEnforcementSettings Enforcement { get; init; } = new();

    /// <summary>The node's name, for metrics; where DRA is on, that of its Node object. Default: the machine's.</summary>
    public string NodeName { get; init; } = Environment.MachineName;

    /// <summary>How often the hardware is looked at. 1 s to 1 h, default 60 s.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Tells that device nodes came or went; null: the interval alone. Its holder lets go of it. Default null.</summary>
    public IDeviceChanges? DeviceChanges { get; init; }

    /// <summary>The kernel's log, for leaks of EPC; null: none are seen. Its holder lets go of it. Default null.</summary>
    public IKernelLogSource? KernelLog { get; init; }

    /// <summary>
    /// Where is measured what the agent does. Whoever collects gives one of its own and listens to it before the agent starts, because what
    /// is counted while nobody listens is lost. Its holder lets go of it. Default null: one that the agent keeps.
    /// </summary>
    public Meter? Meter { get; init; }

    /// <summary>Takes notices; must not block. Default: the log alone has them.</summary>
    public Action<NodeNotice>? Notify { get; init; }

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var problem in Advertisement.Validate().Concat(DevicePlugin.Problems()).Concat(Dra?.Problems() ?? []).Concat(Enforcement.Problems()))
        {
            yield return problem;
        }

        if (Sources.Simulated != DevicePlugin.StandIn is not null)
        {
            yield return Sources.Simulated
                ? "The machine is described and not there: name a harmless device that stands for its devices, such as /dev/null."
                : "A device stands for the machine's own: that is for described machines alone.";
        }

        if (Advertisement.DcapInfrastructure && DevicePlugin.CdiDirectory is null)
        {
            yield return $"{nameof(AdvertisementSettings.DcapInfrastructure)} is set without {nameof(DevicePluginSettings.CdiDirectory)}: "
                + "the firmware's variables can be mounted by CDI alone; name the directory that the runtime reads, such as /var/run/cdi.";
        }

        if (string.IsNullOrEmpty(NodeName))
        {
            yield return "NodeName is empty: name the node.";
        }

        if (Dra is not null && !string.IsNullOrEmpty(NodeName) && !IsNodeName(NodeName))
        {
            yield return $"NodeName is '{NodeName}': it has to be the name of the Node object (a-z, 0-9, '-' and '.').";
        }

        if (RescanInterval < TimeSpan.FromSeconds(1) || RescanInterval > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(RescanInterval)} is {RescanInterval}: use 1 s to 1 h (default 60 s).";
        }
    }

    // RFC 1123 subdomain, as the API server asks for in names of Nodes.
    internal static bool IsNodeName(string name) =>
        name.Length is > 0 and <= 253 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.')
        && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1]);
}
