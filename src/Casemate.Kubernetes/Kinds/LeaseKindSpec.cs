namespace Casemate.Kubernetes;

/// <summary>Who holds a Lease.</summary>
public sealed record LeaseKindSpec
{
    /// <summary>The holder; empty when nobody.</summary>
    public string HolderIdentity { get; init => field = value ?? ""; } = "";

    /// <summary>After how long without renewal others may take it.</summary>
    public int LeaseDurationSeconds { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset? AcquireTime { get; init; }

    /// <summary>When it was renewed last.</summary>
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often the holder changed.</summary>
    public int LeaseTransitions { get; init; }
}
