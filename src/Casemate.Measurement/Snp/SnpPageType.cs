namespace Casemate.Measurement.Snp;

/// <summary>How a page enters the launch digest. Source: SEV Secure Nested Paging Firmware ABI (56860), SNP_LAUNCH_UPDATE, PAGE_TYPE.</summary>
public enum SnpPageType : byte
{
    /// <summary>Contents are measured.</summary>
    Normal = 1,

    /// <summary>Saved state of a vCPU; contents are measured.</summary>
    Vmsa = 2,

    /// <summary>The firmware of the processor fills the page with zeros; only its address is measured.</summary>
    Zero = 3,

    /// <summary>The host may put anything into it; only its address is measured.</summary>
    Unmeasured = 4,

    /// <summary>The firmware of the processor writes keys into it; only its address is measured.</summary>
    Secrets = 5,

    /// <summary>CPUID values, checked by the firmware of the processor; only the address is measured.</summary>
    Cpuid = 6,
}
