namespace Casemate.Kubernetes;

/// <summary>What a Job shall be.</summary>
public sealed record JobKindSpec
{
    /// <summary>How many pods must succeed; null: one, or as many as run.</summary>
    public int? Completions { get; init; }

    /// <summary>How many run at once; null: 1.</summary>
    public int? Parallelism { get; init; }

    /// <summary>True while it must not run.</summary>
    public bool? Suspend { get; init; }
}
