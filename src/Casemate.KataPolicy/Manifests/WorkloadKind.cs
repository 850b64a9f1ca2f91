namespace Casemate.KataPolicy.Manifests;

/// <summary>A kind that makes pods: its API groups, where its pod template is, and its other fields (Kubernetes 1.35).</summary>
internal sealed record WorkloadKind(string Kind, string[] Groups, string TemplatePath, string[] SpecFields)
{
    private static readonly WorkloadKind[] Known =
    [
        new("Pod", [""], "", []),
        new("ReplicationController", [""], "spec.template", ["replicas", "selector", "minReadySeconds"]),
        new("Deployment", ["apps", "extensions"], "spec.template",
        [
            "replicas", "selector", "strategy", "minReadySeconds", "revisionHistoryLimit", "paused", "progressDeadlineSeconds", "rollbackTo",
        ]),
        new("ReplicaSet", ["apps", "extensions"], "spec.template", ["replicas", "selector", "minReadySeconds"]),
        new("DaemonSet", ["apps", "extensions"], "spec.template",
            ["selector", "updateStrategy", "minReadySeconds", "revisionHistoryLimit", "templateGeneration"]),
        new("StatefulSet", ["apps"], "spec.template",
        [
            "replicas", "selector", "serviceName", "podManagementPolicy", "updateStrategy", "revisionHistoryLimit", "minReadySeconds",
            "persistentVolumeClaimRetentionPolicy", "ordinals",
        ]),
        new("Job", ["batch"], "spec.template", JobFields),
        new("CronJob", ["batch"], "spec.jobTemplate.spec.template",
        [
            "schedule", "timeZone", "startingDeadlineSeconds", "concurrencyPolicy", "suspend", "successfulJobsHistoryLimit",
            "failedJobsHistoryLimit",
        ]),
    ];

    public static string[] JobFields =>
    [
        "parallelism", "completions", "activeDeadlineSeconds", "podFailurePolicy", "successPolicy", "backoffLimit", "backoffLimitPerIndex",
        "maxFailedIndexes", "selector", "manualSelector", "ttlSecondsAfterFinished", "completionMode", "suspend", "podReplacementPolicy",
        "managedBy",
    ];

    public static WorkloadKind? Find(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/');
        var group = slash < 0 ? "" : apiVersion[..slash];
        return Known.FirstOrDefault(known => known.Kind == kind && known.Groups.Contains(group));
    }
}
