using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Tdx;

/// <summary>The verified identity of a TD. Source: Intel TDX module, TDINFO and TDREPORT structures.</summary>
/// <param name="ReportData">The 64 bytes that the TD bound into its report.</param>
public sealed record TdxClaims(byte[] ReportData) : EvidenceClaims(ReportData)
{
    /// <summary>TEE_TCB_SVN, 16 bytes: what the TD was launched on.</summary>
    public required byte[] TeeTcbSvn { get; init; }

    /// <summary>MRSEAM, 48 bytes: measurement of the TDX module.</summary>
    public required byte[] MrSeam { get; init; }

    /// <summary>MRSIGNERSEAM, 48 bytes; zero for Intel's module.</summary>
    public required byte[] MrSignerSeam { get; init; }

    /// <summary>SEAMATTRIBUTES, 8 bytes.</summary>
    public required byte[] SeamAttributes { get; init; }

    /// <summary>TDATTRIBUTES, 8 bytes.</summary>
    public required byte[] TdAttributes { get; init; }

    /// <summary>XFAM, 8 bytes.</summary>
    public required byte[] Xfam { get; init; }

    /// <summary>MRTD, 48 bytes: measurement of the TD's initial content.</summary>
    public required byte[] MrTd { get; init; }

    /// <summary>MRCONFIGID, 48 bytes.</summary>
    public required byte[] MrConfigId { get; init; }

    /// <summary>MROWNER, 48 bytes.</summary>
    public required byte[] MrOwner { get; init; }

    /// <summary>MROWNERCONFIG, 48 bytes.</summary>
    public required byte[] MrOwnerConfig { get; init; }

    /// <summary>RTMR0 to RTMR3, 48 bytes each.</summary>
    public required byte[][] Rtmrs { get; init; }

    /// <summary>TEE_TCB_SVN2, 16 bytes: what the platform runs now; null before TD report 1.5.</summary>
    public byte[]? TeeTcbSvn2 { get; init; }

    /// <summary>MRSERVICETD, 48 bytes; null before TD report 1.5.</summary>
    public byte[]? MrServiceTd { get; init; }

    /// <summary>True when the host can inspect the TD, so that it protects nothing.</summary>
    public required bool Debug { get; init; }

    /// <summary>What the PCK certificate says of the machine.</summary>
    public required PckPlatform Platform { get; init; }
}
