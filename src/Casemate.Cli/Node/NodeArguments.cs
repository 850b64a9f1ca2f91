using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Kubernetes;
using Casemate.Node;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;
using Casemate.Node.Enforcement;
using Casemate.Node.Machines;
using Casemate.Primitives.Text;

namespace Casemate.Cli.Node;

/// <summary>Reads the settings of <c>casemate node</c>.</summary>
internal static partial class NodeArguments
{
    /// <summary>What turns the health endpoint off.</summary>
    public const string Off = "off";

    /// <summary>What is looked at, and what it is.</summary>
    /// <exception cref="CliException">No such machine or directory, or both are given.</exception>
    public static (string Title, NodeSources Sources) ReadSources(CommandContext context)
    {
        var simulate = NodeSettings.Simulate.Given(context);
        var root = NodeSettings.SysRoot.Given(context);
        if (simulate is not null)
        {
            if (root is not null)
            {
                throw CliException.Usage(
                    "--simulate and --sys-root are both given", "A described machine has its own file system: drop one of the two.");
            }

            var machine = Load(simulate);
            return (machine.Title, machine.Sources);
        }

        if (root is not null && !Directory.Exists(root))
        {
            throw CliException.BadInput($"{root}: no such directory", "Name where the machine's file system is mounted with --sys-root.");
        }

        return ("", NodeSources.OfHost(root is null ? NodeRoots.Default : NodeRoots.Under(root)));
    }

    /// <summary>Loads a described machine.</summary>
    public static DescribedMachine Load(string name)
    {
        if (DescribedMachine.TryLoad(name, out var machine, out var error))
        {
            return machine!;
        }

        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw CliException.BadInput(error, "The handbook's page 'node' says what a described machine's directory holds.");
        }

        var nearest = NearestName.Find(name, DescribedMachine.Names);
        throw CliException.Usage(
            error,
            nearest is null ? "'casemate node machines' lists them; a directory is written with a slash." : $"Did you mean '{nearest}'?");
    }

    /// <summary>How the hardware is offered.</summary>
    /// <exception cref="CliException">A value makes no sense (exit code 2).</exception>
    public static AdvertisementSettings ReadAdvertisement(CommandContext context)
    {
        var taints = NodeSettings.Taint.Values(context);
        if (taints.FirstOrDefault(taint => taint is not ("family" or "aks-engine")) is { } unknown)
        {
            throw CliException.Usage($"--taint '{unknown}' is no taint", "Write family or aks-engine.");
        }

        var settings = new AdvertisementSettings
        {
            Family = ReadFamily(context),
            EpcDeviceLimitMiB = (int)Number(NodeSettings.EpcDeviceLimit, context, AdvertisementSettings.HighestDeviceLimitMiB),
            ReserveMiB = Number(NodeSettings.EpcReserve, context, 1L << 40),
            EnclaveCount = (int)Number(NodeSettings.EnclaveCount, context, AdvertisementSettings.HighestAccessCount),
            ProvisionCount = (int)Number(NodeSettings.ProvisionCount, context, AdvertisementSettings.HighestAccessCount),
            SconeCount = (int)Number(NodeSettings.SconeCount, context, AdvertisementSettings.HighestAccessCount),
            DcapInfrastructure = NodeSettings.DcapInfrastructure.IsOn(context),
            QuoteHelper = NodeSettings.AesmAllocations.Given(context) is not null,
            Dra = NodeSettings.Dra.IsOn(context),
            CompatibilityLabels = !NodeSettings.NoCompatibilityLabels.IsOn(context),
            OwnLabels = !NodeSettings.NoLabels.IsOn(context),
            TaintByFamily = taints.Contains("family"),
            TaintAsAksEngine = taints.Contains("aks-engine"),
        };
        if (settings.DcapInfrastructure && NodeSettings.CdiDirectory.Given(context) is null)
        {
            throw CliException.Usage(
                "--dcap-infrastructure is set without --cdi-dir",
                "The firmware's variables can be mounted by CDI alone; name the directory that the runtime reads, such as /var/run/cdi.");
        }

        var problems = settings.Validate();
        return problems.Count == 0 ? settings : throw Objection(problems);
    }

    /// <summary>How EPC limits are set.</summary>
    /// <param name="context">Has the settings.</param>
    /// <param name="simulated">The machine is described: a limit of its kernel would not be taken by the one that is here.</param>
    /// <exception cref="CliException">A value makes no sense (exit code 2).</exception>
    public static EpcEnforcementSettings ReadEnforcement(CommandContext context, bool simulated)
    {
        var socket = NodeSettings.NriSocket.Text(context)!;
        var settings = new EpcEnforcementSettings
        {
            Mode = NodeSettings.EpcEnforcement.Text(context) switch
            {
                "auto" => simulated && socket == "auto" ? EpcEnforcementMode.Off : EpcEnforcementMode.Auto,
                "on" => EpcEnforcementMode.On,
                Off => EpcEnforcementMode.Off,
                var unknown => throw CliException.Usage($"--epc-enforcement '{unknown}' is no choice", "Write auto, on or off."),
            },
            NriSocket = socket switch
            {
                "auto" => EpcEnforcementSettings.DefaultSocket,
                Off => null,
                _ => Path.GetFullPath(socket),
            },
        };
        if (simulated && socket == "auto" && settings.Mode is EpcEnforcementMode.On)
        {
            throw CliException.Usage(
                "--epc-enforcement on and --simulate are both given",
                "A described machine's kernel is not here: drop one of the two, or name the socket of a test runtime with --nri-socket.");
        }

        return settings.Problems().FirstOrDefault() is { } problem
            ? throw CliException.Usage(problem.TrimEnd('.'), "'casemate node --help' says what can be written.")
            : settings;
    }

    /// <summary>Everything that the agent needs.</summary>
    /// <exception cref="CliException">A value makes no sense (exit code 2), or no such directory (3).</exception>
    public static NodeServiceOptions ReadService(CommandContext context)
    {
        var (title, sources) = ReadSources(context);
        var kubelet = Path.GetFullPath(NodeSettings.KubeletRoot.Text(context)!);
        var roots = NodeSettings.SysRoot.Given(context) is { } root ? NodeRoots.Under(root) : NodeRoots.Default;
        var advertisement = ReadAdvertisement(context);
        var cluster = ReadCluster(context, advertisement.Dra, out var without);
        return new NodeServiceOptions
        {
            Agent = new NodeAgentOptions
            {
                Sources = sources,
                Advertisement = advertisement,
                Enforcement = ReadEnforcement(context, sources.Simulated),
                NodeName = ReadNodeName(context),
                RescanInterval = TimeSpan.FromSeconds(Number(NodeSettings.RescanSeconds, context, 3600, least: 1)),
                DevicePlugin = new DevicePluginSettings
                {
                    Directory = Path.Combine(kubelet, "device-plugins"),
                    PodResourcesSocket = Path.Combine(kubelet, "pod-resources", "kubelet.sock"),
                    AesmAllocations = FullPath(NodeSettings.AesmAllocations.Given(context)),
                    SetAesmAddress = NodeSettings.SetAesmAddress.IsOn(context),
                    ProvisionWithEpc = NodeSettings.ProvisionWithEpc.IsOn(context),
                    CdiDirectory = FullPath(NodeSettings.CdiDirectory.Given(context)),
                    StandIn = FullPath(sources.Simulated ? NodeSettings.StandIn.Text(context) : NodeSettings.StandIn.Given(context)),
                },
            },
            Title = title,
            HardwareRoots = sources.Simulated ? null : roots,
            KubeletDirectory = kubelet,
            Cluster = cluster,
            WithoutCluster = without,
            WithoutEffect = cluster is null ? [.. GivenForTheNode(context).Select(setting => setting.Flag)] : [],
            NodeObject = ReadNodeObject(context),
            QuoteHelper = FullPath(ReadQuoteHelper(context)),
            Attestation = ReadAttestation(context, sources.Simulated),
            Health = NodeSettings.Http.Text(context) is { } http && http != Off ? http : null,
        };
    }

    // An objection says what is wrong, and after a semicolon what to do.
    private static CliException Objection(IReadOnlyList<string> problems)
    {
        var first = problems[0];
        var end = first.LastIndexOf("; ", StringComparison.Ordinal);
        List<string> remedies = [.. problems.Skip(1)];
        if (end < 0)
        {
            return CliException.Usage(
                first.TrimEnd('.'), remedies is [] ? "'casemate node --help' says what can be written." : string.Join(' ', remedies));
        }

        remedies.Insert(0, char.ToUpperInvariant(first[end + 2]) + first[(end + 3)..]);
        return CliException.Usage(first[..end], string.Join(' ', remedies));
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static ResourceFamily? ReadFamily(CommandContext context)
    {
        var text = NodeSettings.EpcResource.Text(context)!;
        if (text == "auto")
        {
            return null;
        }

        return ResourceFamily.TryFind(text, out var family)
            ? family
            : throw CliException.Usage(
                $"--epc-resource '{text}' is no name of EPC",
                $"Write auto, {string.Join(", ", ResourceFamily.All.Select(known => known.Key))}, or a name such as "
                    + $"{ResourceFamily.Azure.Name}.");
    }

    private static long Number(Setting setting, CommandContext context, long most, long least = 0)
    {
        var text = setting.Text(context)!;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most
            ? number
            : throw CliException.Usage(
                $"{setting.Flag} '{text}' is no number from {least} to {most}", $"Write a whole number; the default is {setting.Default}.");
    }
}
