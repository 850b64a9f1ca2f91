namespace Casemate.Measurement.Snp;

/// <summary>What a section of OVMF's SEV metadata is for. Source: edk2, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm.</summary>
public enum SevSectionType
{
    /// <summary>Memory that the firmware uses before it can accept memory itself.</summary>
    SecMemory = 1,

    /// <summary>The secrets page.</summary>
    Secrets = 2,

    /// <summary>The CPUID page.</summary>
    Cpuid = 3,

    /// <summary>The calling area of an SVSM.</summary>
    SvsmCallingArea = 4,

    /// <summary>The page with the hashes of kernel, initrd and command line.</summary>
    KernelHashes = 0x10,
}
