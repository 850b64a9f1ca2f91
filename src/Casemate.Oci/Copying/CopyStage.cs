namespace Casemate.Oci.Copying;

/// <summary>What became of one content during a copy.</summary>
public enum CopyStage
{
    /// <summary>It is being copied from now on.</summary>
    Started = 0,
    /// <summary>More of it was read from the source.</summary>
    Advanced,
    /// <summary>The target had it already; nothing travelled.</summary>
    Skipped,
    /// <summary>The target took it over from another repository of its own; nothing travelled.</summary>
    Mounted,
    /// <summary>All of it is in the target.</summary>
    Copied,
}
