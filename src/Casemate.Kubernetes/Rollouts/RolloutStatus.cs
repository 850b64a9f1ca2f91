using System.Globalization;

namespace Casemate.Kubernetes;

/// <summary>How far an object is, by the rules of <c>kubectl rollout status</c> and <c>kubectl wait</c>.</summary>
/// <param name="State">The verdict.</param>
/// <param name="Ready">How many parts are ready; 0 or 1 where there is but one.</param>
/// <param name="Wanted">How many there shall be.</param>
/// <param name="Message">What is still missing, or went wrong; a sentence.</param>
public sealed record RolloutStatus(RolloutState State, int Ready, int Wanted, string Message)
{
    /// <summary>
    /// Judges a DaemonSet, Deployment, Job, Pod, CustomResourceDefinition or APIService. Any other object is complete by being there.
    /// </summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static RolloutStatus Of(KubeObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Kind switch
        {
            "DaemonSet" => OfDaemonSet(DaemonSetKind.Read(value)),
            "Deployment" => OfDeployment(DeploymentKind.Read(value)),
            "Job" => OfJob(JobKind.Read(value)),
            "Pod" => OfPod(PodKind.Read(value)),
            "CustomResourceDefinition" => OfCondition(value, "Established", "the server does not serve it yet"),
            "APIService" => OfCondition(value, "Available", "the server behind it does not answer yet"),
            _ => new RolloutStatus(RolloutState.Complete, 1, 1, "it is there"),
        };
    }

    internal static RolloutStatus Absent { get; } = new(RolloutState.Progressing, 0, 1, "it is not there");

    private static RolloutStatus OfDaemonSet(DaemonSetKind set)
    {
        var status = set.Status;
        var wanted = status.DesiredNumberScheduled;
        return set.Metadata.Generation > status.ObservedGeneration ? Waits(0, wanted, "its controller has not seen the change yet")
            : status.UpdatedNumberScheduled < wanted && set.Spec.UpdateStrategy.Type != "OnDelete"
                ? Waits(status.NumberAvailable, wanted, Text($"{status.UpdatedNumberScheduled} of {wanted} nodes run the newest pod"))
            : status.NumberAvailable < wanted
                ? Waits(status.NumberAvailable, wanted, Text($"{status.NumberAvailable} of {wanted} pods are available"))
            : Done(wanted, wanted == 0 ? "no node fits it" : Text($"all {wanted} pods are available"));
    }

    private static RolloutStatus OfDeployment(DeploymentKind deployment)
    {
        var status = deployment.Status;
        var wanted = deployment.Spec.Replicas ?? 1;
        if (deployment.Metadata.Generation > status.ObservedGeneration)
        {
            return Waits(0, wanted, "its controller has not seen the change yet");
        }

        if (status.Conditions.FirstOrDefault(one => one is { Type: "Progressing", Reason: "ProgressDeadlineExceeded" }) is { } stuck)
        {
            return new RolloutStatus(RolloutState.Failed, status.AvailableReplicas, wanted, Said(stuck, "it made no progress in its time"));
        }

        return status.UpdatedReplicas < wanted
                ? Waits(status.AvailableReplicas, wanted, Text($"{status.UpdatedReplicas} of {wanted} pods are of the newest form"))
            : status.Replicas > status.UpdatedReplicas
                ? Waits(status.AvailableReplicas, wanted, Text($"{status.Replicas - status.UpdatedReplicas} old pods are ending"))
            : status.AvailableReplicas < wanted
                ? Waits(status.AvailableReplicas, wanted, Text($"{status.AvailableReplicas} of {wanted} pods are available"))
            : Done(wanted, Text($"all {wanted} pods are available"));
    }

    private static RolloutStatus OfJob(JobKind job)
    {
        var wanted = job.Spec.Completions ?? 1;
        var status = job.Status;
        KindCondition? True(string type) => status.Conditions.FirstOrDefault(one => one.Type == type && one.Status == "True");
        return True("Failed") is { } failed
                ? new RolloutStatus(RolloutState.Failed, status.Succeeded, wanted, Said(failed, "it failed"))
            : True("Complete") is not null ? Done(wanted, Text($"{status.Succeeded} pods succeeded"))
            : job.Spec.Suspend is true ? Waits(status.Succeeded, wanted, "it is suspended")
            : Waits(status.Succeeded, wanted, Text($"{status.Succeeded} of {wanted} pods succeeded, {status.Active} run, {status.Failed} failed"));
    }

    private static RolloutStatus OfPod(PodKind pod)
    {
        var status = pod.Status;
        var ready = status.Conditions.FirstOrDefault(one => one.Type == "Ready");
        return status.Phase switch
        {
            "Succeeded" => Done(1, "it succeeded"),
            "Failed" => new RolloutStatus(
                RolloutState.Failed, 0, 1, status.Reason.Length > 0 ? $"it failed: {StatusAnswer.Clean(status.Reason)}" : "it failed"),
            _ when ready?.Status == "True" => Done(1, "it is ready"),
            _ when status.Conditions.FirstOrDefault(one => one is { Type: "PodScheduled", Status: "False" }) is { } unplaced =>
                Waits(0, 1, Said(unplaced, "it has no node yet")),
            var phase => Waits(0, 1, $"it is {(phase.Length > 0 ? StatusAnswer.Clean(phase) : "new")} and not ready"),
        };
    }

    private static RolloutStatus OfCondition(KubeObject value, string type, string missing)
    {
        var found = value.ListAt("status", "conditions").FirstOrDefault(one => KubeObject.Text(one, "type") == type);
        var message = KubeObject.Text(found, "message");
        return KubeObject.Text(found, "status") == "True"
            ? Done(1, "it is served")
            : Waits(0, 1, message.Length > 0 ? $"{missing}: {StatusAnswer.Clean(message)}" : missing);
    }

    private static string Said(KindCondition condition, string otherwise) =>
        StatusAnswer.Clean(
            condition.Message.Length > 0 ? condition.Message : condition.Reason.Length > 0 ? condition.Reason : otherwise);

    private static RolloutStatus Waits(int ready, int wanted, string message) => new(RolloutState.Progressing, ready, wanted, message);

    private static RolloutStatus Done(int wanted, string message) => new(RolloutState.Complete, wanted, wanted, message);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
