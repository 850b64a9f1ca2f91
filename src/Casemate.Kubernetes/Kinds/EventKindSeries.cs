namespace Casemate.Kubernetes;

/// <summary>Repetitions of an Event.</summary>
public sealed record EventKindSeries
{
    /// <summary>How often.</summary>
    public int Count { get; init; }

    /// <summary>When last, as written.</summary>
    public string? LastObservedTime { get; init; }
}
