using System.Globalization;
using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Kubernetes;

namespace Casemate.Cli.Deploy;

/// <summary>What a pod's status says, for somebody who waits for it.</summary>
/// <param name="Stage">How far it is.</param>
/// <param name="Text">Why, in the cluster's words, on one line.</param>
/// <param name="Remedy">What to do about it if it stays so.</param>
internal sealed record PodStep(PodStage Stage, string Text, string Remedy)
{
    private const int Longest = 400;

    /// <summary>The exit code of its container; null while there is none.</summary>
    public int? ContainerExit { get; init; }

    /// <summary>There is no pod.</summary>
    public static PodStep Absent { get; } = new(
        PodStage.Waiting, "its Job has no pod yet",
        "Look at the Job's events, which name quotas and admission that refuse the pod: kubectl describe job.");

    /// <summary>Reads a pod's status. Never throws: what is missing or of another type says nothing.</summary>
    public static PodStep Of(KubeObject pod)
    {
        var phase = TextOf(pod.At("status"), "phase");
        var state = pod.At("status", "containerStatuses") is { ValueKind: JsonValueKind.Array } statuses
            ? statuses.EnumerateArray().Select(one => Member(one, "state")).FirstOrDefault() : null;
        if (Member(state, "terminated") is { } ended)
        {
            var code = Member(ended, "exitCode") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : -1;
            return new PodStep(PodStage.Ended, Said($"its container ended with {code.ToString(CultureInfo.InvariantCulture)}", ended), "")
            {
                ContainerExit = code,
            };
        }

        if (phase is "Failed")
        {
            return new PodStep(
                PodStage.Stuck, Said("it failed before its container ran", pod.At("status")),
                "Such as when the kubelet could not give it what it asked for: look at the node agent's log.");
        }

        if (phase is "Succeeded")
        {
            return new PodStep(PodStage.Ended, "it succeeded", "") { ContainerExit = 0 };
        }

        if (Member(state, "waiting") is { } waiting && TextOf(waiting, "reason") is { Length: > 0 } reason)
        {
            return OfWaiting(reason, waiting);
        }

        if (phase is "Running")
        {
            return new PodStep(PodStage.Running, "it runs", "Look at what it waits for: kubectl logs.");
        }

        var placed = pod.At("status", "conditions") is { ValueKind: JsonValueKind.Array } conditions
            ? conditions.EnumerateArray().Select(one => (JsonElement?)one).FirstOrDefault(one => TextOf(one, "type") == "PodScheduled") : null;
        return TextOf(placed, "status") == "False"
            ? new PodStep(
                PodStage.Waiting, Said("no node has a place for it", placed),
                "Other pods may hold the EPC: kubectl describe nodes shows who has how much of it, and where it comes by claims, kubectl get "
                    + "resourceclaims --all-namespaces.")
            : new PodStep(PodStage.Waiting, "it is Pending", "Look at its events: kubectl describe pod.");
    }

    /// <summary>The same, with what the cluster warned of it.</summary>
    public PodStep With(EventKind? warning) => warning is null
        ? this : this with { Text = Said(Text, string.Join(": ", ((string[])[warning.Reason, warning.Note]).Where(word => word.Length > 0))) };

    private static PodStep OfWaiting(string reason, JsonElement waiting) => reason switch
    {
        "ImagePullBackOff" or "ErrImageNeverPull" or "InvalidImageName" => new PodStep(
            PodStage.Stuck, Said("its image cannot be had", waiting),
            "Name an image that the nodes have or may pull with --image, or give the namespace the secret that its registry wants."),
        "CreateContainerConfigError" => new PodStep(
            PodStage.Stuck, Said("its container cannot be made", waiting), "Look at the pod's events: kubectl describe pod."),
        "ErrImagePull" => new PodStep(PodStage.Waiting, Said("its image is not pulled yet", waiting), "Name another image with --image."),
        "ContainerCreating" or "PodInitializing" => new PodStep(
            PodStage.Waiting, "its container is being made", "Look at its events: kubectl describe pod."),
        _ => new PodStep(PodStage.Waiting, Said("its container waits", waiting), "Look at its events: kubectl describe pod."),
    };

    private static string Said(string what, JsonElement? status)
    {
        string[] words = [TextOf(status, "reason"), TextOf(status, "message")];
        return Said(what, string.Join(": ", words.Where(word => word.Length > 0)));
    }

    private static string Said(string what, string words)
    {
        var said = ErrorText.OneLine(words);
        return said.Length == 0 ? what : $"{what}: {(said.Length > Longest ? said[..Longest] + "..." : said)}";
    }

    private static JsonElement? Member(JsonElement? value, string name) =>
        value is { ValueKind: JsonValueKind.Object } holder && holder.TryGetProperty(name, out var member)
            && member.ValueKind is not JsonValueKind.Null ? member : null;

    private static string TextOf(JsonElement? value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
}
