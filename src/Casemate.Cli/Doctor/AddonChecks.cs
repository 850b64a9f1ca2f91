using Casemate.Addon;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>Whether the add-on is there, runs, and is alone.</summary>
internal sealed class AddonChecks(ExaminedCluster cluster)
{
    private const string Agent = "casemate-node";
    private const string DraFlag = "--dra";

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.ServedKinds, ServedAsync),
        new(DoctorFindingId.AddonInstalled, InstalledAsync),
        new(DoctorFindingId.AgentRollout, RolloutAsync),
        new(DoctorFindingId.AgentPods, PodsAsync),
        new(DoctorFindingId.OtherPlugins, OthersAsync),
    ];

    /// <summary>How far a workload of the add-on is.</summary>
    public static DoctorFinding Judge(DoctorFindingId id, KubeObject workload, string kind)
    {
        var status = RolloutStatus.Of(workload);
        var what = $"{kind} {workload.Key}";
        return status.State is RolloutState.Complete
            ? DoctorFinding.Passed(id, $"{what}: {status.Message}")
            : DoctorFinding.Failed(
                id, $"{what}: {status.Message}",
                $"kubectl -n {workload.Namespace} describe {kind.ToLowerInvariant()}/{workload.Name}; kubectl -n {workload.Namespace} get pods -o wide",
                $"{kind} {workload.Key}");
    }

    /// <summary>Whether the agent offers EPC by DRA.</summary>
    public static bool UsesDra(KubeObject? agent) => agent is not null && agent.ListAt("spec", "template", "spec", "containers")
        .Any(container => JsonText.Items(container, "args").Any(one =>
            one.ValueKind is System.Text.Json.JsonValueKind.String && one.GetString() == DraFlag));

    private async Task<IReadOnlyList<DoctorFinding>> ServedAsync(CancellationToken cancellationToken)
    {
        var discovery = await cluster.Client.DiscoverAsync(cancellationToken);
        var wanted = AddonManifests.Objects(new AddonOptions()).Select(one => KubeResource.FindKnown(one.ApiVersion, one.Kind))
            .OfType<KubeResource>().Append(KubeResource.Leases).Append(KubeResource.EndpointSlices).Distinct().ToList();
        var findings = discovery.Missing(wanted).Select(missing => DoctorFinding.Failed(
            DoctorFindingId.ServedKinds, $"the API server serves no {missing} ({missing.ApiVersion}), which the add-on is made of",
            "Upgrade the cluster to Kubernetes 1.30 or later.")).ToList();
        KubeObject? agent = null;
        try
        {
            agent = await cluster.OwnDaemonSetAsync(Agent);
        }
        catch (KubeException)
        {
            // The questions about the agent tell that it cannot be seen; whether DRA is used is then not known.
        }

        if (UsesDra(agent))
        {
            findings.AddRange(discovery.Missing([KubeResource.DeviceClasses, KubeResource.ResourceSlices]).Select(missing => DoctorFinding.Failed(
                DoctorFindingId.ServedKinds, $"the node agent offers EPC by DRA, and the API server serves no {missing} ({missing.ApiVersion})",
                "Upgrade the cluster to Kubernetes 1.36, or install the add-on without DRA: casemate addon install --overlay generic")));
        }

        findings.AddRange(discovery.Unavailable.Select(group => DoctorFinding.Warning(
            DoctorFindingId.ServedKinds, $"the server of {group} does not answer", $"kubectl get apiservices | grep {group.Split('/')[0]}", group)));
        return findings.Count > 0 ? findings
            : [DoctorFinding.Passed(DoctorFindingId.ServedKinds, $"all {wanted.Count} kinds of the add-on are served (/api, /apis)")];
    }

    private async Task<IReadOnlyList<DoctorFinding>> InstalledAsync(CancellationToken cancellationToken) =>
        await cluster.OwnDaemonSetAsync(Agent) is { } agent
            ? [DoctorFinding.Passed(
                DoctorFindingId.AddonInstalled,
                $"DaemonSet {agent.Key}{(UsesDra(agent) ? ", by Dynamic Resource Allocation" : "")}, image {ImageOf(agent)}")]
            : [DoctorFinding.Failed(
                DoctorFindingId.AddonInstalled, $"there is no DaemonSet {AddonOptions.NodeNamespace}/{Agent}", "casemate addon install --image IMAGE")];

    private static string ImageOf(KubeObject workload) =>
        workload.ListAt("spec", "template", "spec", "containers") is [var first, ..] ? JsonText.Of(first, "image") : "";

    private async Task<IReadOnlyList<DoctorFinding>> RolloutAsync(CancellationToken cancellationToken) =>
        await cluster.OwnDaemonSetAsync(Agent) is { } agent ? [Judge(DoctorFindingId.AgentRollout, Named(agent, "DaemonSet"), "DaemonSet")] : [];

    /// <summary>Items of lists say neither kind nor version: an object that does.</summary>
    public static KubeObject Named(KubeObject workload, string kind)
    {
        if (workload.Kind == kind)
        {
            return workload;
        }

        var node = workload.ToNode();
        node["kind"] = kind;
        return KubeObject.From(node);
    }

    private async Task<IReadOnlyList<DoctorFinding>> PodsAsync(CancellationToken cancellationToken)
    {
        var own = (await cluster.PodsAsync()).Where(pod =>
            pod.Object.Namespace is AddonOptions.NodeNamespace or AddonOptions.SystemNamespace && !pod.IsOver && !pod.Object.IsBeingDeleted).ToList();
        var findings = own.SelectMany(pod => ContainerStates.Problems(pod).Select(problem => DoctorFinding.Failed(
            DoctorFindingId.AgentPods, $"pod {pod.Key}{(pod.NodeName.Length > 0 ? $" on {pod.NodeName}" : "")}: {problem.Text}",
            ContainerStates.FixOf(pod, problem.Reason), $"pod {pod.Key}"))).ToList();
        var good = own.Count - findings.Select(finding => finding.About).Distinct().Count();
        if (good > 0)
        {
            findings.Add(DoctorFinding.Passed(DoctorFindingId.AgentPods, $"{good} of {own.Count} pods of the add-on are ready"));
        }

        return findings;
    }

    private async Task<IReadOnlyList<DoctorFinding>> OthersAsync(CancellationToken cancellationToken)
    {
        var nodes = await cluster.Client.ListAsync(KubeResource.Nodes, cancellationToken: cancellationToken);
        var hasOwn = await cluster.OwnDaemonSetAsync(Agent) is not null;
        var others = await ExistingPlugins.FindAsync(cluster.Client, nodes.Items, hasOwn, cancellationToken);
        var install = await cluster.InstallAsync("--beside-existing");
        var findings = others.Select(other =>
        {
            var evidence = $"{other} ({other.Origin})";
            var fix = $"{other.Removal}; or leave its names to it: {install}";
            return hasOwn ? DoctorFinding.Failed(DoctorFindingId.OtherPlugins, evidence, fix, other.What)
                : DoctorFinding.Warning(DoctorFindingId.OtherPlugins, evidence, fix, other.What);
        }).ToList();
        return findings.Count > 0 ? findings
            : [DoctorFinding.Passed(DoctorFindingId.OtherPlugins, "no DaemonSet or Deployment of another maker's SGX plugin is there")];
    }
}
