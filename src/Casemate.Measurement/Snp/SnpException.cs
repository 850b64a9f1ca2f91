namespace Casemate.Measurement.Snp;

/// <summary>SEV-SNP launch input cannot be read or measured.</summary>
public sealed class SnpException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason.</param>
    public SnpException(SnpError error)
        : base(Describe(error)) => Error = error;

    /// <summary>The reason, to branch on.</summary>
    public SnpError Error { get; }

    /// <summary>What an error means, as half a sentence that follows the name of a file and a colon.</summary>
    public static string Describe(SnpError error) => error switch
    {
        SnpError.None => "nothing is wrong",
        SnpError.NotWholePages => "it is not made of whole pages of 4096 bytes",
        SnpError.TooLarge => $"it is larger than {OvmfImage.MaxBytes} bytes, or than the room below the address where it ends",
        SnpError.NoFooterTable => "it has no OVMF table at its end, or a malformed one",
        SnpError.MalformedEntry => "an entry of the OVMF table at its end is too short",
        SnpError.NoSevMetadata => "it has no SEV metadata, so it cannot start as an SEV-SNP guest",
        SnpError.MalformedSevMetadata => "its SEV metadata is malformed",
        SnpError.UnknownSection => "its SEV metadata has a section of a type that is not known",
        SnpError.MalformedSection => "a section of its SEV metadata is misaligned, empty, too large or ends above 4 GiB",
        SnpError.NoKernelHashes => "it does not measure a kernel: its SEV metadata has no page for the hashes of kernel, initrd and command line",
        SnpError.NoResetVector => "it does not say where further vCPUs start",
        SnpError.NoSvsmEntry => "it does not say where the SVSM starts",
        SnpError.UnsupportedVmm => "an SVSM is measured under QEMU only, and takes no kernel",
        SnpError.VcpusOutOfRange => $"the number of vCPUs is not 1 to {SnpMeasurement.MaxVcpus}",
        SnpError.WrongLength => "it has not the length of this structure",
        SnpError.UnexpectedValue => "a field that must be zero, or has one known value, holds something else",
        SnpError.UnsuitableKey => "it is no key on the curve P-384 that can do this",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };

    /// <summary>What to do about an error; null when nothing can be added.</summary>
    public static string? Remedy(SnpError error) => error switch
    {
        SnpError.NotWholePages or SnpError.NoFooterTable or SnpError.MalformedEntry =>
            "Name the whole firmware as the VMM loads it: OVMF.fd, or OVMF_CODE.fd when variables are in a file of their own.",
        SnpError.NoSevMetadata => "Use an OVMF built for SEV-SNP, such as OvmfPkg/AmdSev/AmdSevX64.dsc.",
        SnpError.NoKernelHashes => "Use an OVMF built from OvmfPkg/AmdSev/AmdSevX64.dsc, or leave --kernel out if the VMM does not pass it.",
        SnpError.UnknownSection => "The firmware is newer than this program: update it.",
        SnpError.UnsuitableKey => "Make one: openssl ecparam -name secp384r1 -genkey -noout -out KEY.pem.",
        _ => null,
    };
}
