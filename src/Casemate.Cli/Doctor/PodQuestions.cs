using Casemate.Addon;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Doctor;

/// <summary>Why one pod is Pending, or gets no quotes, or is not attested.</summary>
internal sealed class PodQuestions(ExaminedCluster cluster, string namespaceName, string name)
{
    private const int MostEvents = 10;

    private readonly Lazy<Task<SeenPod?>> _pod = new(async () =>
        await cluster.Client.TryGetAsync(KubeResource.Pods, namespaceName, name) is { } pod ? SeenPod.Read(pod) : null);

    private string About => $"pod {namespaceName}/{name}";

    /// <summary>The questions.</summary>
    public IReadOnlyList<DoctorCheck> All =>
    [
        new(DoctorFindingId.PodThere, _ => ThereAsync()),
        new(DoctorFindingId.PodScheduling, _ => OfPodAsync(Scheduling)),
        new(DoctorFindingId.PodPlacement, _ => PlacementAsync()),
        new(DoctorFindingId.PodContainers, _ => OfPodAsync(Containers)),
        new(DoctorFindingId.PodDevices, _ => DevicesAsync()),
        new(DoctorFindingId.PodQuotes, _ => QuotesAsync()),
        new(DoctorFindingId.PodAttestation, _ => AttestationAsync()),
        new(DoctorFindingId.PodEvents, EventsAsync),
    ];

    private async Task<IReadOnlyList<DoctorFinding>> ThereAsync() => await _pod.Value is { } pod
        ? [DoctorFinding.Passed(
            DoctorFindingId.PodThere,
            $"phase {pod.Phase}{(pod.NodeName.Length > 0 ? $" on node {pod.NodeName}" : "")}; asks for "
                + (pod.Requests.Count == 0 ? "nothing of SGX"
                    : string.Join(", ", pod.Requests.Select(one => $"{one.Key}: {(one.Value is { } amount ? EpcText.Number(amount) : "no whole number")}"))),
            About)]
        : [DoctorFinding.Failed(
            DoctorFindingId.PodThere, $"there is no pod {namespaceName}/{name}",
            $"kubectl -n {namespaceName} get pods; kubectl -n {namespaceName} get events: whoever should make it may have been refused.", About)];

    private async Task<IReadOnlyList<DoctorFinding>> OfPodAsync(Func<SeenPod, IEnumerable<DoctorFinding>> judge) =>
        await _pod.Value is { } pod ? [.. judge(pod)] : [];

    private IEnumerable<DoctorFinding> Scheduling(SeenPod pod)
    {
        if (pod.NodeName.Length > 0)
        {
            yield return DoctorFinding.Passed(DoctorFindingId.PodScheduling, $"the scheduler gave it node {pod.NodeName}", About);
            yield break;
        }

        var gates = pod.Object.ListAt("spec", "schedulingGates").Select(gate => JsonText.Of(gate, "name")).ToList();
        var condition = pod.Object.ListAt("status", "conditions").FirstOrDefault(one => JsonText.Of(one, "type") == "PodScheduled");
        yield return gates.Count > 0
            ? DoctorFinding.Failed(
                DoctorFindingId.PodScheduling, $"it waits behind scheduling gates: {string.Join(", ", gates)}", "Whoever put them there takes them away.",
                About)
            : JsonText.Of(condition, "message") is { Length: > 0 } message
                ? DoctorFinding.Failed(
                    DoctorFindingId.PodScheduling, $"condition PodScheduled: {JsonText.Of(condition, "reason")}: {message}",
                    "What each node lacks stands at PodPlacement.", About)
            : DoctorFinding.Failed(
                DoctorFindingId.PodScheduling, "no scheduler has looked at it yet",
                $"Look whether there is one of the name in its spec.schedulerName: kubectl -n {namespaceName} get pod {name} -o yaml", About);
    }

    private async Task<IReadOnlyList<DoctorFinding>> PlacementAsync()
    {
        if (await _pod.Value is not { NodeName.Length: 0 } pod)
        {
            return [];
        }

        var nodes = await cluster.NodesAsync();
        var used = (await cluster.PodsAsync()).Where(other => !other.IsOver && other.NodeName.Length > 0).ToLookup(other => other.NodeName);
        List<DoctorFinding> findings = [.. WorkloadChecks.TooLarge(pod, nodes), .. WorkloadChecks.Unknown(pod, nodes)];
        var fits = new List<string>();
        foreach (var node in nodes)
        {
            var lacks = Placement.Lacks(pod, node, used[node.Name]).ToList();
            if (lacks.Count == 0)
            {
                fits.Add(node.Name);
            }
            else if (node.HasTee)
            {
                findings.Add(DoctorFinding.Warning(
                    DoctorFindingId.PodPlacement, $"node {node.Name}: {string.Join("; ", lacks.Select(lack => lack.Text))}", lacks[0].Fix,
                    $"node {node.Name}"));
            }
        }

        if (fits.Count > 0)
        {
            findings.Add(DoctorFinding.Passed(
                DoctorFindingId.PodPlacement,
                $"as far as SGX, taints, nodeSelector and readiness go, it fits {string.Join(", ", fits.Take(5))}: what else it lacks the scheduler says",
                About));
        }
        else if (findings.Count == 0)
        {
            findings.Add(DoctorFinding.Failed(
                DoctorFindingId.PodPlacement, $"it fits none of {nodes.Count} nodes, and none of them has a TEE",
                "Add a node with SGX, or look at those there are: casemate doctor cluster", About));
        }

        return findings;
    }

    private IEnumerable<DoctorFinding> Containers(SeenPod pod)
    {
        if (pod.NodeName.Length == 0 || pod.Phase == "Succeeded")
        {
            yield break;
        }

        var problems = ContainerStates.Problems(pod);
        foreach (var (reason, text) in problems)
        {
            yield return DoctorFinding.Failed(DoctorFindingId.PodContainers, text, ContainerStates.FixOf(pod, reason), About);
        }

        if (problems.Count == 0)
        {
            yield return DoctorFinding.Passed(DoctorFindingId.PodContainers, "all its containers are ready", About);
        }
    }

    private async Task<IReadOnlyList<DoctorFinding>> DevicesAsync()
    {
        if (await _pod.Value is not { } pod || !pod.Requests.Keys.Any(key => ResourceFamily.TryFind(key, out var family) && family.Unit is EpcUnit.Byte))
        {
            return [];
        }

        return [pod.Requests.ContainsKey(AccessResource.Enclave)
            ? DoctorFinding.Passed(DoctorFindingId.PodDevices, $"it has {AccessResource.Enclave} beside its EPC", About)
            : DoctorFinding.Failed(
                DoctorFindingId.PodDevices, $"it asks for EPC in bytes and not for {AccessResource.Enclave}: it gets memory and no device node",
                "The webhook adds it to new pods: look at WebhookAnswers of 'casemate doctor cluster', and make the pod again.", About)];
    }

    private async Task<IReadOnlyList<DoctorFinding>> QuotesAsync()
    {
        if (await _pod.Value is not { WantsQuotes: true } pod)
        {
            return [];
        }

        if (await QuoteServiceChecks.FindHelperAsync(cluster) is not { } helper)
        {
            return [DoctorFinding.Failed(
                DoctorFindingId.PodQuotes, "it expects AESM, and no quote helper is in the cluster",
                await cluster.InstallAsync("--quote-helper"), About)];
        }

        if (pod.NodeName.Length == 0 || !helper.StartsWith(AddonOptions.NodeNamespace + "/", StringComparison.Ordinal))
        {
            return [DoctorFinding.Passed(DoctorFindingId.PodQuotes, $"DaemonSet {helper} serves quotes", About)];
        }

        var there = (await cluster.PodsAsync()).FirstOrDefault(other => other.NodeName == pod.NodeName && !other.IsOver
            && other.Object.Namespace == AddonOptions.NodeNamespace
            && other.Object.Labels.GetValueOrDefault("app.kubernetes.io/name") == QuoteServiceChecks.Helper);
        return [there is null
            ? DoctorFinding.Failed(
                DoctorFindingId.PodQuotes, $"no pod of the quote helper is on its node {pod.NodeName}",
                $"kubectl -n {AddonOptions.NodeNamespace} describe daemonset {QuoteServiceChecks.Helper}", About)
            : ContainerStates.Problems(there) is [var (reason, text), ..]
                ? DoctorFinding.Failed(
                    DoctorFindingId.PodQuotes, $"the quote helper's pod {there.Key} on {pod.NodeName} is not ready: {text}",
                    ContainerStates.FixOf(there, reason), About)
            : DoctorFinding.Passed(DoctorFindingId.PodQuotes, $"the quote helper's pod {there.Key} on {pod.NodeName} is ready", About)];
    }

    private async Task<IReadOnlyList<DoctorFinding>> AttestationAsync()
    {
        if (await _pod.Value is not { NodeName.Length: > 0 } pod
            || (await cluster.NodesAsync()).FirstOrDefault(node => node.Name == pod.NodeName) is not { } node)
        {
            return [];
        }

        return [node.Conditions.GetValueOrDefault(NodeMarks.Attested) switch
        {
            null => DoctorFinding.NotChecked(
                DoctorFindingId.PodAttestation, $"nobody attests node {node.Name}: it has no condition {NodeMarks.Attested}",
                "Give the agent a service that attests: --attestation-url; evidence of the pod itself: casemate verify", About),
            { Status: "True" } good => DoctorFinding.Passed(
                DoctorFindingId.PodAttestation, $"Node {node.Name}, condition {NodeMarks.Attested}: True ({good.Reason}) {good.Message}".TrimEnd(), About),
            var bad => DoctorFinding.Failed(
                DoctorFindingId.PodAttestation, $"Node {node.Name}, condition {NodeMarks.Attested}: {bad.Status} ({bad.Reason}) {bad.Message}".TrimEnd(),
                "The handbook's page 'diagnostics' explains the verdict; kubectl -n casemate-node logs ds/casemate-node", About),
        }];
    }

    private async Task<IReadOnlyList<DoctorFinding>> EventsAsync(CancellationToken cancellationToken)
    {
        if (await _pod.Value is not { } pod)
        {
            return [];
        }

        var events = await cluster.Client.ListAsync(
            KubeResource.Events, new KubeListOptions { Namespace = namespaceName }, cancellationToken);
        return [.. events.Items
            .Where(one => JsonText.Of(one.Json, "type") == "Warning" && (one.At("regarding") ?? one.At("involvedObject")) is { } about
                && JsonText.Of(about, "name") == name && JsonText.Of(about, "kind") is "Pod" or "")
            .Select(one => (Reason: JsonText.Of(one.Json, "reason"),
                Note: JsonText.Of(one.Json, "note") is { Length: > 0 } note ? note : JsonText.Of(one.Json, "message")))
            .Where(one => !(one.Reason == "FailedScheduling" && pod.NodeName.Length > 0))
            .Distinct().Take(MostEvents)
            .Select(one => DoctorFinding.Warning(
                DoctorFindingId.PodEvents, $"Event {one.Reason}: {(one.Note.Length <= 400 ? one.Note : one.Note[..400])}", FixOf(one.Reason, one.Note, pod), About))];
    }

    private static string FixOf(string reason, string note, SeenPod pod) => reason switch
    {
        "UnexpectedAdmissionError" => ContainerStates.FixOf(pod, reason),
        "FailedScheduling" => "What each node lacks stands at PodPlacement.",
        "FailedMount" when note.Contains("hostPath type check", StringComparison.Ordinal) =>
            "A directory was mounted as a device, or the reverse: leave out the volume, and ask for EPC in the container's limits.",
        _ => $"kubectl -n {pod.Object.Namespace} describe pod {pod.Object.Name}",
    };
}
