namespace Casemate.Kubernetes;

/// <summary>How far the pods of a Deployment are.</summary>
public sealed record DeploymentKindStatus
{
    /// <summary>The generation that these numbers are about.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>Pods, old ones too.</summary>
    public int Replicas { get; init; }

    /// <summary>Pods of the newest form.</summary>
    public int UpdatedReplicas { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int ReadyReplicas { get; init; }

    /// <summary>Pods that have been ready for long enough.</summary>
    public int AvailableReplicas { get; init; }

    /// <summary>Its conditions.</summary>
    public IReadOnlyList<KindCondition> Conditions { get; init => field = value ?? []; } = [];
}
