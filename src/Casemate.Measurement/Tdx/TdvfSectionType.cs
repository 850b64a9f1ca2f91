namespace Casemate.Measurement.Tdx;

/// <summary>What a section of a TD's firmware holds. Source: TDX Virtual Firmware Design Guide, section 11.2; td-shim for 5 to 7.</summary>
public enum TdvfSectionType
{
    /// <summary>Code of the firmware (boot firmware volume), from the file.</summary>
    BootFirmwareVolume = 0,

    /// <summary>Settings of the firmware (configuration firmware volume), from the file.</summary>
    ConfigurationFirmwareVolume = 1,

    /// <summary>The hand-off block: what the VMM tells the firmware about memory.</summary>
    TdHob = 2,

    /// <summary>Memory that the firmware uses while it starts, zero at launch.</summary>
    TemporaryMemory = 3,

    /// <summary>Memory that stays in use, zero at launch.</summary>
    PermanentMemory = 4,

    /// <summary>A kernel that the VMM places (td-shim).</summary>
    Payload = 5,

    /// <summary>The command line of that kernel (td-shim).</summary>
    PayloadParameters = 6,

    /// <summary>A description of the firmware (td-shim).</summary>
    TdInfo = 7,
}
