namespace Casemate.Measurement.Snp;

/// <summary>What an SEV-SNP guest is started from. Everything here enters its launch digest.</summary>
/// <param name="Firmware">The OVMF image.</param>
public sealed record SnpGuest(OvmfImage Firmware)
{
    /// <summary>The hashes of kernel, initrd and command line of a measured direct boot; null when the VMM passes no kernel.</summary>
    public SnpKernelHashes? Kernel { get; init; }

    /// <summary>
    /// The SVSM binary, read with the end where it is loaded: <see cref="OvmfImage.Gpa"/> of the firmware less the size of the file with
    /// the firmware's variables. Null when the guest has none.
    /// </summary>
    public OvmfImage? Svsm { get; init; }

    /// <summary>
    /// The launch digest after the pages of the firmware, 48 bytes, when it is known from elsewhere and the image holds only what its end
    /// says. Empty: computed from the image. Whoever takes it from elsewhere trusts that source with the whole firmware.
    /// </summary>
    public ReadOnlyMemory<byte> TrustedFirmwareDigest { get; init; }
}
