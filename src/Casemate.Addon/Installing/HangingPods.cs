using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>Says what keeps pods of a workload from running, in the words of the kubelet and the scheduler.</summary>
internal static class HangingPods
{
    private const int MostPods = 5;

    /// <summary>One line a pod that is not ready, five at most; where there is no pod, what its workload's Events say.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(
        KubeClient client, string space, string workload, CancellationToken cancellationToken)
    {
        try
        {
            var pods = (await client.ListAsync(
                KubeResource.Pods,
                new KubeListOptions { Namespace = space, LabelSelector = $"app.kubernetes.io/name={workload}" }, cancellationToken)
                .ConfigureAwait(false)).Items;
            var warnings = (await client.ListAsync(KubeResource.Events, new KubeListOptions { Namespace = space }, cancellationToken)
                .ConfigureAwait(false)).Items.Select(EventKind.Read).Where(one => one.Type == "Warning").ToList();
            string? Warned(string name) => warnings.LastOrDefault(one => one.Regarding.Name == name) is { } warning
                ? $"{warning.Reason}: {warning.Note}" : null;
            var lines = pods.Where(pod => !IsReady(pod)).Take(MostPods).Select(pod =>
                $"pod {pod.Name}{On(pod)}: {Waiting(pod) ?? Warned(pod.Name) ?? Unplaced(pod) ?? "it is not ready"}").ToList();
            return [.. (lines.Count == 0 && pods.Count == 0 && Warned(workload) is { } said ? [said] : lines).Select(ServerText.Clean)];
        }
        catch (KubeException exception) when (exception.IsForbidden)
        {
            return [$"its pods may not be looked at: {ServerText.Clean(exception.Message)}"];
        }
    }

    private static bool IsReady(KubeObject pod) =>
        PodKind.Read(pod).Status.Conditions.Any(one => one is { Type: "Ready", Status: "True" });

    private static string On(KubeObject pod) => pod.At("spec", "nodeName")?.ToString() is { Length: > 0 } node ? $" on {node}" : "";

    private static string? Waiting(KubeObject pod)
    {
        foreach (var container in pod.ListAt("status", "containerStatuses"))
        {
            if (container.ValueKind is JsonValueKind.Object && container.TryGetProperty("state", out var state)
                && state.ValueKind is JsonValueKind.Object && state.TryGetProperty("waiting", out var waiting)
                && waiting.ValueKind is JsonValueKind.Object)
            {
                string Text(string name) => waiting.TryGetProperty(name, out var value) ? value.ToString() : "";
                return Text("message").Length > 0 ? $"{Text("reason")}: {Text("message")}" : Text("reason");
            }
        }

        return null;
    }

    private static string? Unplaced(KubeObject pod) =>
        PodKind.Read(pod).Status.Conditions.FirstOrDefault(one => one is { Type: "PodScheduled", Status: "False" }) is { } condition
            ? $"{condition.Reason}: {condition.Message}" : null;
}
