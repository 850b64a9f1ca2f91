using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Doctor;

/// <summary>What a node lacks for a pod, as far as SGX, taints, labels and readiness go. The scheduler asks for more than that.</summary>
internal static class Placement
{
    /// <summary>What is missing, and what to do about it; nothing when the pod fits.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="node">The node.</param>
    /// <param name="there">The pods with SGX that are on the node.</param>
    public static IEnumerable<(string Text, string Fix)> Lacks(SeenPod pod, SeenNode node, IEnumerable<SeenPod> there)
    {
        if (!node.IsReady)
        {
            yield return ("it is not Ready", $"kubectl describe node {node.Name}");
        }

        if (node.IsUnschedulable)
        {
            yield return ("it is cordoned", $"kubectl uncordon {node.Name}");
        }

        foreach (var (key, value) in pod.Object.MapAt("spec", "nodeSelector").Where(one => node.Labels.GetValueOrDefault(one.Key) != one.Value))
        {
            yield return ($"it has no label {key}={value}, which the pod's nodeSelector wants", $"kubectl label node {node.Name} {key}={value}");
        }

        foreach (var taint in node.Taints.Where(taint => taint.Effect is "NoSchedule" or "NoExecute" && !Tolerates(pod, taint)))
        {
            yield return taint.Key == NodeMarks.StartupTaint
                ? ($"it waits for its attestation (taint {taint.Key})", "kubectl -n casemate-node logs ds/casemate-node")
                : ($"the pod does not tolerate its taint {taint.Key}={taint.Value}:{taint.Effect}",
                    ResourceFamily.TryFind(taint.Key, out _)
                        ? "The webhook adds that toleration to new pods: look at WebhookAnswers of 'casemate doctor cluster', and make the pod again."
                        : "Add the toleration to the pod, if it is meant to run there.");
        }

        foreach (var (name, wanted) in pod.Requests)
        {
            var all = SeenNode.Amount(node.Allocatable, name);
            var taken = there.Sum(other => (decimal)(other.Requests.GetValueOrDefault(name) ?? 0));
            if (wanted is not { } amount)
            {
                yield return ($"{name} is no whole number", "Write a whole number.");
            }
            else if (all == 0)
            {
                yield return ($"it has no {name}", "Ask for a name that it has: kubectl get node " + node.Name + " -o jsonpath={.status.allocatable}");
            }
            else if (amount > all - taken)
            {
                yield return (
                    $"{name}: {EpcText.Number(amount)} wanted, {EpcText.Number((long)Math.Max(all - taken, 0))} of {EpcText.Number(all)} free",
                    amount > all ? "Ask for less, or add a larger node." : "Wait until a pod there ends, or add a node.");
            }
        }
    }

    private static bool Tolerates(SeenPod pod, (string Key, string Value, string Effect) taint) =>
        pod.Object.ListAt("spec", "tolerations").Any(one => one.ValueKind is JsonValueKind.Object
            && JsonText.Of(one, "effect") is var effect && (effect.Length == 0 || effect == taint.Effect)
            && JsonText.Of(one, "key") is var key && (JsonText.Of(one, "operator") == "Exists"
                ? key.Length == 0 || key == taint.Key : key == taint.Key && JsonText.Of(one, "value") == taint.Value));
}
