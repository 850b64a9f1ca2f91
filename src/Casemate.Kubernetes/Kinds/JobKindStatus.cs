namespace Casemate.Kubernetes;

/// <summary>How far a Job is.</summary>
public sealed record JobKindStatus
{
    /// <summary>Pods that run.</summary>
    public int Active { get; init; }

    /// <summary>Pods that succeeded.</summary>
    public int Succeeded { get; init; }

    /// <summary>Pods that failed.</summary>
    public int Failed { get; init; }

    /// <summary>Its conditions: <c>Complete</c>, <c>Failed</c>, <c>Suspended</c>.</summary>
    public IReadOnlyList<KindCondition> Conditions { get; init => field = value ?? []; } = [];
}
