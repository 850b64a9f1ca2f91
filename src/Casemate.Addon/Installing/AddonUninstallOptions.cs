namespace Casemate.Addon;

/// <summary>How an add-on is removed.</summary>
public sealed record AddonUninstallOptions
{
    /// <summary>Nothing is removed; what would be is told. Default false.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// Also remove objects with the add-on's names that this program did not make: those of <c>casemate addon render | kubectl apply</c>.
    /// Default false: they stay and are told.
    /// </summary>
    public bool IncludeApplied { get; init; }

    /// <summary>How long to wait, all in all, until everything is gone. Default 3 minutes.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How often it is looked whether an object is gone. Default 500 ms.</summary>
    public TimeSpan PollPeriod { get; init; } = TimeSpan.FromMilliseconds(500);
}
