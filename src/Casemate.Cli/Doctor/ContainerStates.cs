using System.Text.Json;

namespace Casemate.Cli.Doctor;

/// <summary>Why a pod's containers do not run.</summary>
internal static class ContainerStates
{
    /// <summary>What keeps the pod from being ready, one entry a cause; none when it is ready.</summary>
    public static IReadOnlyList<(string Reason, string Text)> Problems(SeenPod pod)
    {
        var status = pod.Object.At("status") ?? default;
        var conditions = JsonText.Items(status, "conditions");
        if (conditions.Any(one => JsonText.Of(one, "type") == "Ready" && JsonText.Of(one, "status") == "True"))
        {
            return [];
        }

        var problems = new List<(string Reason, string Text)>();
        foreach (var one in JsonText.Items(status, "initContainerStatuses").Concat(JsonText.Items(status, "containerStatuses")))
        {
            var name = JsonText.Of(one, "name");
            if (Described(one, "state", "waiting") is { } waiting && waiting.Reason is not ("ContainerCreating" or "PodInitializing" or ""))
            {
                var last = Described(one, "lastState", "terminated");
                problems.Add((waiting.Reason, $"container {name} waits: {waiting.Reason}{Said(waiting.Message)}"
                    + (last is { Reason.Length: > 0 } ? $"; it ended before: {last.Value.Reason}{Said(last.Value.Message)}" : "")));
            }
            else if (Described(one, "state", "terminated") is { } ended && ended.Reason is not ("Completed" or ""))
            {
                problems.Add((ended.Reason, $"container {name} ended: {ended.Reason}{Said(ended.Message)}"));
            }
        }

        if (problems.Count == 0 && JsonText.Of(status, "reason") is { Length: > 0 } reason)
        {
            problems.Add((reason, $"{reason}{Said(JsonText.Of(status, "message"))}"));
        }

        if (problems.Count == 0 && conditions.FirstOrDefault(one =>
            JsonText.Of(one, "type") == "PodScheduled" && JsonText.Of(one, "status") == "False") is { ValueKind: JsonValueKind.Object } unscheduled)
        {
            problems.Add(("Unschedulable", $"it has no node{Said(JsonText.Of(unscheduled, "message"))}"));
        }

        if (problems.Count == 0 && pod.Phase is "Running" or "Pending")
        {
            problems.Add(("NotReady", "it is not ready yet"));
        }

        return problems;
    }

    /// <summary>The command that helps with a reason.</summary>
    public static string FixOf(SeenPod pod, string reason)
    {
        var (space, name) = (pod.Object.Namespace, pod.Object.Name);
        return reason switch
        {
            "ImagePullBackOff" or "ErrImagePull" or "InvalidImageName" or "ErrImageNeverPull" =>
                "Name an image that this node can get: casemate addon install --image REGISTRY/casemate@sha256:..., or import it there.",
            "CrashLoopBackOff" or "Error" or "OOMKilled" => $"kubectl -n {space} logs {name} --all-containers --previous",
            "UnexpectedAdmissionError" => $"The kubelet had no healthy device left: kubectl -n {space} delete pod {name}, and look at the node "
                + "with 'casemate doctor node'.",
            _ => $"kubectl -n {space} describe pod {name}",
        };
    }

    private static (string Reason, string Message)? Described(JsonElement container, string state, string which) =>
        JsonText.At(container, state, which) is { ValueKind: JsonValueKind.Object } found
            ? (JsonText.Of(found, "reason"), JsonText.Of(found, "message")) : null;

    private static string Said(string message) => message.Length == 0 ? "" : $": {(message.Length <= 300 ? message : message[..300])}";
}
