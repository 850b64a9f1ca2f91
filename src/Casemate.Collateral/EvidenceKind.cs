namespace Casemate.Collateral;

/// <summary>What an evidence file holds, told by its content alone.</summary>
public enum EvidenceKind
{
    /// <summary>A quote of an SGX enclave or a TD.</summary>
    Quote,

    /// <summary>A SEV-SNP report.</summary>
    SnpReport,

    /// <summary>An Azure HCL report, with the vTPM's quote where one came along.</summary>
    AzureVtpm,

    /// <summary>An attestation report of an NVIDIA GPU.</summary>
    GpuReport,

    /// <summary>A publisher's endorsement of a guest image (COSE_Sign1). Not evidence of a machine.</summary>
    ImageEndorsement,
}
