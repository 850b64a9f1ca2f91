using Casemate.Admission;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Resources;

namespace Casemate.Cli.Doctor;

/// <summary>What nodes offer, and what the scheduler sees of it.</summary>
internal sealed class OfferChecks(ExaminedCluster cluster)
{
    private const string Slices = "sgx.casemate.dev";
    private const string Restart = "kubectl -n casemate-node logs ds/casemate-node; kubectl -n casemate-node rollout restart daemonset/casemate-node";

    // An identifier of six characters, as lists of so many devices need at least.
    private static readonly long s_listed = DeviceListSize.Limit / DeviceListSize.OfDevice(idLength: 4, healthy: true, numa: null);

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.EpcOffered, OfferedAsync),
        new(DoctorFindingId.EpcAdvertised, AdvertisedAsync),
        new(DoctorFindingId.EpcTwice, TwiceAsync),
        new(DoctorFindingId.EnclaveDevice, DeviceAsync),
    ];

    private async Task<IReadOnlyList<DoctorFinding>> OfferedAsync(CancellationToken cancellationToken)
    {
        var nodes = await cluster.NodesAsync();
        var offers = nodes.Where(node => node.EpcBytes > 0).ToList();
        if (offers.Count > 0)
        {
            return [DoctorFinding.Passed(
                DoctorFindingId.EpcOffered,
                $"{offers.Count} of {nodes.Count} nodes offer EPC; the most of one node is {EpcText.Of(offers.Max(node => node.EpcBytes))}")];
        }

        if (AddonChecks.UsesDra(await cluster.OwnDaemonSetAsync("casemate-node")))
        {
            var slices = await cluster.Client.ListAsync(KubeResource.ResourceSlices, cancellationToken: cancellationToken);
            var own = slices.Items.Count(slice => slice.At("spec", "driver") is { } driver
                && driver.ValueKind is System.Text.Json.JsonValueKind.String && driver.GetString() == Slices);
            return [own > 0
                ? DoctorFinding.Passed(DoctorFindingId.EpcOffered, $"{own} ResourceSlices of {Slices} offer devices by DRA")
                : DoctorFinding.Failed(DoctorFindingId.EpcOffered, $"no ResourceSlice of {Slices} is there", Restart)];
        }

        return [DoctorFinding.Warning(
            DoctorFindingId.EpcOffered, $"none of {nodes.Count} nodes has EPC in status.allocatable",
            "Add a node with SGX, or ask one that has it what is wrong: casemate doctor node")];
    }

    private async Task<IReadOnlyList<DoctorFinding>> AdvertisedAsync(CancellationToken cancellationToken)
    {
        var findings = new List<DoctorFinding>();
        var good = 0;
        var install = await cluster.InstallAsync();
        var hasAgent = await cluster.HasAgentAsync() is not false;
        foreach (var node in await cluster.NodesAsync())
        {
            var names = ResourceFamily.All.Select(family => family.Name).Concat(AccessResource.All).Where(node.Capacity.ContainsKey);
            foreach (var name in names)
            {
                if (Judge(node, name, install, hasAgent) is { } finding)
                {
                    findings.Add(finding);
                }
                else
                {
                    good++;
                }
            }
        }

        if (good > 0)
        {
            findings.Add(DoctorFinding.Passed(DoctorFindingId.EpcAdvertised, $"{good} amounts in capacity are allocatable, to the last unit"));
        }

        if (findings.Count > 0 && !findings.Exists(finding => finding.Id is DoctorFindingId.EpcAdvertised))
        {
            findings.Add(DoctorFinding.Passed(DoctorFindingId.EpcAdvertised, "beside what EpcListLimit tells nothing is missing"));
        }

        if (findings.Count > 0 && !findings.Exists(finding => finding.Id is DoctorFindingId.EpcListLimit))
        {
            findings.Add(DoctorFinding.Passed(
                DoctorFindingId.EpcListLimit, "no node has more MiB in its capacity than a list takes, and none of them allocatable"));
        }

        return findings;
    }

    private static DoctorFinding? Judge(SeenNode node, string name, string install, bool hasAgent)
    {
        var (capacity, allocatable) = (SeenNode.Amount(node.Capacity, name), SeenNode.Amount(node.Allocatable, name));
        var evidence = $"Node {node.Name}, status: {name} capacity {EpcText.Number(capacity)}, allocatable {EpcText.Number(allocatable)}";
        if (capacity > 0 && capacity == allocatable)
        {
            return null;
        }

        if (capacity > 0 && allocatable == 0)
        {
            return ResourceFamily.TryFind(name, out var family) && family.Unit is EpcUnit.MiB && capacity > AdvertisementSettings.HighestDeviceLimitMiB
                ? DoctorFinding.Failed(
                    DoctorFindingId.EpcListLimit,
                    $"{evidence}: so many devices do not fit into the kubelet's 4 MiB message (about {EpcText.Number(s_listed)} do), and it drops "
                        + "them without a word",
                    $"Let the node agent offer this node's EPC as a number instead: {install}; and remove the plugin that lists each MiB.",
                    $"node {node.Name}")
                : !hasAgent ? LeftBehind(node, evidence)
                : DoctorFinding.Failed(
                    DoctorFindingId.EpcAdvertised, $"{evidence}: a plugin that was there is gone, or all its devices are unhealthy", Restart,
                    $"node {node.Name}");
        }

        // The agent publishes one name a node; another one was published by an earlier installation.
        var other = ResourceFamily.TryFind(name, out _)
            ? node.Families.Where(one => one.Allocatable > 0).Select(one => one.Family.Name).FirstOrDefault() : null;
        return capacity == 0 && (!hasAgent || other is not null) ? LeftBehind(node, evidence, other)
            : capacity == 0
            ? DoctorFinding.Failed(
                DoctorFindingId.EpcAdvertised, $"{evidence}: the kubelet knew it once, and its plugin has been gone for five minutes", Restart,
                $"node {node.Name}")
            : DoctorFinding.Warning(
                DoctorFindingId.EpcAdvertised, $"{evidence}: some devices are unhealthy",
                hasAgent ? Restart : "Look at the log of the plugin that offers them: kubectl get daemonsets --all-namespaces", $"node {node.Name}");
    }

    // After an uninstallation nothing is broken: the kubelet forgets a name of devices when it starts, and not before.
    private static DoctorFinding LeftBehind(SeenNode node, string evidence, string? other = null) => DoctorFinding.Warning(
        DoctorFindingId.EpcAdvertised,
        $"{evidence}: {(other is null ? "no node agent is installed" : $"this node's EPC is offered as {other}")}, and what a plugin offered "
            + "that is gone, the kubelet keeps at 0 until it starts again",
        $"On {node.Name}: systemctl restart kubelet. It does no harm until then: no pod gets what stands at 0.", $"node {node.Name}");

    private async Task<IReadOnlyList<DoctorFinding>> TwiceAsync(CancellationToken cancellationToken)
    {
        var nodes = (await cluster.NodesAsync()).Where(node => node.Families.Any(one => one.Allocatable > 0)).ToList();
        List<DoctorFinding> findings = [.. nodes.Select(node => (node, Names: node.Families.Where(one => one.Allocatable > 0)
                .Select(one => $"{one.Family.Name} ({EpcText.Number(one.Allocatable)})").ToList()))
            .Where(one => one.Names.Count > 1)
            .Select(one => DoctorFinding.Failed(
                DoctorFindingId.EpcTwice,
                $"Node {one.node.Name}, status.allocatable: {string.Join(" and ", one.Names)}: the same memory is promised under each name",
                "Keep one plugin, and one name: the webhook translates the others. Who writes: kubectl get node "
                    + $"{one.node.Name} --show-managed-fields -o yaml",
                $"node {one.node.Name}"))];
        return findings.Count > 0 || nodes.Count == 0 ? findings
            : [DoctorFinding.Passed(DoctorFindingId.EpcTwice, $"{Output.Plural.Of(nodes.Count, "node")} with EPC, each under one name")];
    }

    private async Task<IReadOnlyList<DoctorFinding>> DeviceAsync(CancellationToken cancellationToken)
    {
        var nodes = (await cluster.NodesAsync()).Where(IsANumber).ToList();
        if (nodes.Count == 0)
        {
            return [];
        }

        var findings = nodes.Where(node => SeenNode.Amount(node.Allocatable, AccessResource.Enclave) == 0).Select(node => DoctorFinding.Failed(
            DoctorFindingId.EnclaveDevice,
            $"Node {node.Name} has EPC as a number, and no {AccessResource.Enclave}: pods get memory and no device node", Restart,
            $"node {node.Name}")).ToList();
        var hook = await cluster.Client.TryGetAsync(
            KubeResource.MutatingWebhookConfigurations, null, WebhookConfigurations.DefaultName, cancellationToken);
        if (hook is null)
        {
            findings.Add(DoctorFinding.Failed(
                DoctorFindingId.EnclaveDevice,
                $"{Output.Plural.Of(nodes.Count, "node")} (such as {nodes[0].Name}) with EPC as a number, and no MutatingWebhookConfiguration "
                    + $"{WebhookConfigurations.DefaultName}: nobody adds {AccessResource.Enclave} to pods that ask for EPC alone",
                $"{await cluster.InstallWebhookAsync()}; or write '{AccessResource.Enclave}: 1' into the limits of each container yourself."));
        }

        return findings.Count > 0 ? findings
            : [DoctorFinding.Passed(
                DoctorFindingId.EnclaveDevice, $"{nodes.Count} nodes with EPC as a number have {AccessResource.Enclave}, and the webhook adds it")];
    }

    // In bytes, or more MiB than anybody lists one by one: such EPC comes without a device node.
    private static bool IsANumber(SeenNode node) => node.Families.Any(one => one.Allocatable > 0
        && (one.Family.Unit is EpcUnit.Byte || one.Allocatable > AdvertisementSettings.HighestDeviceLimitMiB));
}
