namespace Casemate.Attestation.Sgx;

/// <summary>The verified identity of an SGX enclave. Source: Intel SGX SDK, <c>sgx_report_body_t</c>.</summary>
/// <param name="ReportData">The 64 bytes that the enclave bound into its report.</param>
public sealed record SgxClaims(byte[] ReportData) : EvidenceClaims(ReportData)
{
    /// <summary>MRENCLAVE, 32 bytes: the measurement of the enclave's code, data and layout.</summary>
    public required byte[] MrEnclave { get; init; }

    /// <summary>MRSIGNER, 32 bytes: SHA-256 of the modulus of the key that signed the enclave.</summary>
    public required byte[] MrSigner { get; init; }

    /// <summary>ISVPRODID, chosen by the signer.</summary>
    public required ushort IsvProdId { get; init; }

    /// <summary>ISVSVN, the signer's security version.</summary>
    public required ushort IsvSvn { get; init; }

    /// <summary>ATTRIBUTES, 16 bytes: FLAGS and XFRM.</summary>
    public required byte[] Attributes { get; init; }

    /// <summary>MISCSELECT.</summary>
    public required uint MiscSelect { get; init; }

    /// <summary>True when the enclave can be inspected with a debugger, so that it protects nothing.</summary>
    public required bool Debug { get; init; }

    /// <summary>CPUSVN of the report, 16 bytes. Informative: TCB evaluation uses the PCK certificate.</summary>
    public required byte[] CpuSvn { get; init; }

    /// <summary>CONFIGID, 64 bytes; means something only with key separation and sharing (KSS).</summary>
    public required byte[] ConfigId { get; init; }

    /// <summary>CONFIGSVN; means something only with KSS.</summary>
    public required ushort ConfigSvn { get; init; }

    /// <summary>ISVEXTPRODID, 16 bytes; means something only with KSS.</summary>
    public required byte[] IsvExtProdId { get; init; }

    /// <summary>ISVFAMILYID, 16 bytes; means something only with KSS.</summary>
    public required byte[] IsvFamilyId { get; init; }

    /// <summary>What the PCK certificate says of the machine.</summary>
    public required PckPlatform Platform { get; init; }
}
