namespace Casemate.Kubernetes;

/// <summary>How far the pods of a DaemonSet are.</summary>
public sealed record DaemonSetKindStatus
{
    /// <summary>The generation that these numbers are about.</summary>
    public long ObservedGeneration { get; init; }

    /// <summary>Nodes that shall run one.</summary>
    public int DesiredNumberScheduled { get; init; }

    /// <summary>Nodes that run one.</summary>
    public int CurrentNumberScheduled { get; init; }

    /// <summary>Nodes that run the newest.</summary>
    public int UpdatedNumberScheduled { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int NumberReady { get; init; }

    /// <summary>Pods that have been ready for long enough.</summary>
    public int NumberAvailable { get; init; }

    /// <summary>Nodes that run one and should not.</summary>
    public int NumberMisscheduled { get; init; }

    /// <summary>Its conditions.</summary>
    public IReadOnlyList<KindCondition> Conditions { get; init => field = value ?? []; } = [];
}
