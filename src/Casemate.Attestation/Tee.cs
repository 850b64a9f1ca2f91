namespace Casemate.Attestation;

/// <summary>The kinds of trusted hardware whose evidence this library verifies.</summary>
public enum Tee
{
    /// <summary>Intel Software Guard Extensions: an enclave inside a process.</summary>
    Sgx,

    /// <summary>Intel Trust Domain Extensions: a confidential virtual machine.</summary>
    Tdx,

    /// <summary>AMD SEV-SNP: a confidential virtual machine.</summary>
    Snp,
}
