using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Doctor;

/// <summary>What the nodes with a TEE say of themselves.</summary>
internal sealed class NodeStateChecks(ExaminedCluster cluster)
{
    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.NodeConditions, ConditionsAsync),
        new(DoctorFindingId.StartupTaint, TaintAsync),
    ];

    /// <summary>What a condition that is not as it should be means; null when it is as it should be.</summary>
    public static DoctorFinding? Judge(SeenNode node, KindCondition condition, bool hasHelper)
    {
        var (isBad, fix) = condition.Type switch
        {
            "Ready" => (condition.Status != "True", $"kubectl describe node {node.Name}; on the node: journalctl -u kubelet"),
            NodeMarks.SgxReady => (condition.Status == "False", $"On {node.Name}: casemate doctor node"),
            NodeMarks.SgxQuoteReady => (condition.Status == "False", hasHelper
                ? $"On {node.Name}: casemate quote-helper check" : "casemate addon install --quote-helper"),
            NodeMarks.SgxEpcConflict => (condition.Status == "True", "Keep one plugin: casemate addon status names the other."),
            NodeMarks.SgxEpcLeak => (condition.Status == "True", $"kubectl drain {node.Name} --ignore-daemonsets; then start the machine again."),
            NodeMarks.EpcAdvertised => (condition.Status == "False", "kubectl -n casemate-node logs ds/casemate-node"),
            NodeMarks.EpcOvercommitted => (condition.Status == "True", $"Move pods away: kubectl drain {node.Name} --ignore-daemonsets"),
            NodeMarks.Attested => (condition.Status == "False", "Look at the verdict in the message: the handbook's page 'diagnostics' explains it."),
            _ => (false, ""),
        };
        if (!isBad)
        {
            return null;
        }

        var evidence = $"Node {node.Name}, condition {condition.Type}: {condition.Status} ({condition.Reason}) {condition.Message}".TrimEnd();
        return condition.Type == NodeMarks.SgxQuoteReady && !hasHelper
            ? DoctorFinding.Warning(DoctorFindingId.NodeConditions, evidence, fix, $"node {node.Name}")
            : DoctorFinding.Failed(DoctorFindingId.NodeConditions, evidence, fix, $"node {node.Name}");
    }

    private async Task<IReadOnlyList<DoctorFinding>> ConditionsAsync(CancellationToken cancellationToken)
    {
        var nodes = (await cluster.NodesAsync()).Where(node => node.HasTee).ToList();
        var hasHelper = nodes.Exists(node => node.Conditions.ContainsKey(NodeMarks.SgxQuoteReady))
            && await cluster.OwnDaemonSetAsync(QuoteServiceChecks.Helper) is not null;
        var marked = nodes.Where(node => NodeMarks.Conditions.Any(node.Conditions.ContainsKey)).ToList();
        var stale = marked.Count > 0 && await cluster.OwnDaemonSetAsync("casemate-node") is null ? marked : [];
        var findings = nodes.SelectMany(node => node.Conditions.Values
                .Where(condition => !stale.Contains(node) || !NodeMarks.Conditions.Contains(condition.Type))
                .Select(condition => Judge(node, condition, hasHelper)))
            .OfType<DoctorFinding>().Concat(stale.Select(Stale)).ToList();
        return findings.Count > 0 || nodes.Count == 0 ? findings
            : [DoctorFinding.Passed(DoctorFindingId.NodeConditions, $"the conditions of {Output.Plural.Of(nodes.Count, "node")} with a TEE are good")];
    }

    // What nobody writes any more says nothing of how the node is now.
    private static DoctorFinding Stale(SeenNode node) => DoctorFinding.Warning(
        DoctorFindingId.NodeConditions,
        $"Node {node.Name} has conditions of a node agent that is not there ({string.Join(", ", NodeMarks.Conditions.Where(node.Conditions.ContainsKey))})",
        "casemate addon uninstall takes them off; casemate addon install brings an agent that keeps them.", $"node {node.Name}");

    private async Task<IReadOnlyList<DoctorFinding>> TaintAsync(CancellationToken cancellationToken)
    {
        var findings = new List<DoctorFinding>();
        var nodes = await cluster.NodesAsync();
        foreach (var node in nodes.Where(node => node.Taints.Any(taint => taint.Key == NodeMarks.StartupTaint)))
        {
            var condition = node.Conditions.GetValueOrDefault(NodeMarks.Attested);
            var state = condition is null ? $"it has no condition {NodeMarks.Attested}"
                : $"its condition {NodeMarks.Attested} is {condition.Status} ({condition.Reason}) {condition.Message}".TrimEnd();
            findings.Add(DoctorFinding.Failed(
                DoctorFindingId.StartupTaint, $"Node {node.Name} has the taint {NodeMarks.StartupTaint}, so no pod comes to it; {state}",
                condition?.Status == "True"
                    ? "The agent takes it off an attested node: kubectl -n casemate-node rollout restart daemonset/casemate-node"
                    : "kubectl -n casemate-node logs ds/casemate-node; the service that attests is named by the agent's --attestation-url.",
                $"node {node.Name}"));
        }

        return findings.Count > 0 || nodes.Count == 0 ? findings
            : [DoctorFinding.Passed(DoctorFindingId.StartupTaint, $"none of {Output.Plural.Of(nodes.Count, "node")} has {NodeMarks.StartupTaint}")];
    }
}
