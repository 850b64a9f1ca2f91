using System.Collections.Immutable;

namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>The names of TEEs in the key broker protocol of Confidential Containers, version 0.4.0.</summary>
public static class KbsTee
{
    /// <summary>AMD SEV-SNP.</summary>
    public const string Snp = "snp";

    /// <summary>Intel TDX.</summary>
    public const string Tdx = "tdx";

    /// <summary>Intel SGX.</summary>
    public const string Sgx = "sgx";

    /// <summary>AMD SEV-SNP under the virtual TPM of an Azure confidential VM.</summary>
    public const string AzSnpVtpm = "az-snp-vtpm";

    /// <summary>Intel TDX under the virtual TPM of an Azure confidential VM.</summary>
    public const string AzTdxVtpm = "az-tdx-vtpm";

    /// <summary>No hardware at all: a claim that anybody can make, for tests of the protocol.</summary>
    public const string Sample = "sample";

    /// <summary>Every name that the protocol defines, also those whose evidence this library does not verify.</summary>
    public static ImmutableArray<string> Known { get; } =
        [AzSnpVtpm, AzTdxVtpm, Snp, Sgx, Tdx, "cca", "csv", "se", "tpm", "nvidia", "hygondcu", Sample, "sampledevice"];

    /// <summary>The names whose evidence this library verifies.</summary>
    public static ImmutableArray<string> Verified { get; } = [Snp, Tdx, Sgx, AzSnpVtpm, AzTdxVtpm];

    /// <summary>The name of a kind of hardware.</summary>
    public static string NameOf(Tee tee) => tee switch
    {
        Tee.Sgx => Sgx,
        Tee.Tdx => Tdx,
        Tee.Snp => Snp,
        _ => throw new ArgumentOutOfRangeException(nameof(tee), tee, "Not a kind of hardware."),
    };

    /// <summary>The name of evidence of a kind of hardware, with or without the virtual TPM of an Azure confidential VM above it.</summary>
    public static string NameOf(Tee tee, bool underVtpm) => (tee, underVtpm) switch
    {
        (Tee.Snp, true) => AzSnpVtpm,
        (Tee.Tdx, true) => AzTdxVtpm,
        (_, true) => throw new ArgumentOutOfRangeException(nameof(tee), tee, "Azure confidential VMs run on SEV-SNP or TDX."),
        _ => NameOf(tee),
    };

    /// <summary>
    /// The kind of hardware of a name; null for <see cref="Sample"/>, for evidence under a virtual TPM and for every other name.
    /// </summary>
    public static Tee? TryParse(string name) => name switch
    {
        Sgx => Tee.Sgx,
        Tdx => Tee.Tdx,
        Snp => Tee.Snp,
        _ => null,
    };
}
