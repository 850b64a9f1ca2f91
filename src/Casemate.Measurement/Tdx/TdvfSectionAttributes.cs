namespace Casemate.Measurement.Tdx;

/// <summary>What the firmware asks the VMM to do with a section. Source: TDX Virtual Firmware Design Guide, section 11.2.</summary>
[Flags]
public enum TdvfSectionAttributes
{
    /// <summary>The pages are added; their content is not measured.</summary>
    None = 0,

    /// <summary>The content is measured too (MR.EXTEND).</summary>
    Extend = 1,

    /// <summary>The pages are not part of the launch: they are accepted later (PAGE.AUG).</summary>
    AddedLater = 2,
}
