namespace Casemate.Measurement.Snp;

/// <summary>Why SEV-SNP launch input cannot be read or measured. Closed: a new reason is a new member, and its name is public API.</summary>
public enum SnpError
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>The firmware is shorter than one page, or is not made of whole pages of 4096 bytes.</summary>
    NotWholePages,

    /// <summary>The firmware is larger than <see cref="OvmfImage.MaxBytes"/>, or does not fit below the address where it ends.</summary>
    TooLarge,

    /// <summary>The GUIDed table at the end of the firmware is absent or malformed: no OVMF image, or one part of a split image.</summary>
    NoFooterTable,

    /// <summary>An entry of the GUIDed table is shorter than what it must hold.</summary>
    MalformedEntry,

    /// <summary>The firmware has no SEV metadata: it was built without support for SEV-SNP.</summary>
    NoSevMetadata,

    /// <summary>The SEV metadata lies outside of the firmware, or its signature, version or counts are wrong.</summary>
    MalformedSevMetadata,

    /// <summary>A section of the SEV metadata has a type that is not known here, so nobody can say how it is measured.</summary>
    UnknownSection,

    /// <summary>A section of the SEV metadata is not made of whole pages, is empty, ends above 4 GiB, or is too large to measure.</summary>
    MalformedSection,

    /// <summary>A kernel is given, and the firmware has no page for its hashes: the host could swap kernel, initrd and command line.</summary>
    NoKernelHashes,

    /// <summary>More than one vCPU is asked for, and the firmware does not say where the others start.</summary>
    NoResetVector,

    /// <summary>The SVSM binary does not say where it starts.</summary>
    NoSvsmEntry,

    /// <summary>The VMM does not start guests this way, such as an SVSM under another VMM than QEMU.</summary>
    UnsupportedVmm,

    /// <summary>The number of vCPUs is not 1 to <see cref="SnpMeasurement.MaxVcpus"/>.</summary>
    VcpusOutOfRange,

    /// <summary>An ID block or ID authentication structure has another length than the firmware takes.</summary>
    WrongLength,

    /// <summary>A field that must be zero, or has one known value, holds something else.</summary>
    UnexpectedValue,

    /// <summary>A key is not on the curve P-384, or is not a private key where one is needed.</summary>
    UnsuitableKey,
}
