namespace Casemate.Measurement.Elf;

/// <summary>What a segment's memory may be used for: p_flags. Source: System V gABI, "Segment Permissions".</summary>
[Flags]
public enum ElfSegmentFlags : uint
{
    /// <summary>No access.</summary>
    None = 0,
    /// <summary>PF_X: execute.</summary>
    Execute = 1,
    /// <summary>PF_W: write.</summary>
    Write = 2,
    /// <summary>PF_R: read.</summary>
    Read = 4,
}
