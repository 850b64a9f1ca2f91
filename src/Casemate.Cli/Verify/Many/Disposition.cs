namespace Casemate.Cli.Verify.Many;

/// <summary>What became of one of many inputs.</summary>
internal enum Disposition
{
    /// <summary>Accepted on hardware evidence.</summary>
    Accepted,

    /// <summary>Accepted, but on a root that is not pinned.</summary>
    Simulated,

    /// <summary>A verdict was reached, and it is no.</summary>
    Rejected,

    /// <summary>No verdict: unreadable, damaged, of an unsupported kind, or without collateral.</summary>
    Unreadable,

    /// <summary>A file in a directory that is something else than evidence.</summary>
    Skipped,
}
