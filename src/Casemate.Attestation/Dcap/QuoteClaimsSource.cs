using System.Buffers.Binary;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Tdx;

namespace Casemate.Attestation.Dcap;

/// <summary>Reads claims from the body of a verified quote.</summary>
/// <param name="body">A copy of the body, of a size that the quote reader accepted.</param>
/// <param name="tee">SGX or TDX.</param>
/// <param name="platform">What the PCK certificate says.</param>
internal sealed class QuoteClaimsSource(byte[] body, Tee tee, PckPlatform platform) : ClaimsSource
{
    public override EvidenceClaims Read()
    {
        if (tee is Tee.Sgx)
        {
            SgxReportBody.TryRead(body, out var report);
            return Claims(report);
        }

        TdReportBody.TryRead(body, out var td);
        return Claims(td);
    }

    private SgxClaims Claims(in SgxReportBody report) => new(report.ReportData.ToArray())
    {
        MrEnclave = report.MrEnclave.ToArray(),
        MrSigner = report.MrSigner.ToArray(),
        IsvProdId = report.IsvProdId,
        IsvSvn = report.IsvSvn,
        Attributes = report.Attributes.ToArray(),
        MiscSelect = BinaryPrimitives.ReadUInt32LittleEndian(report.MiscSelect),
        Debug = report.IsDebug,
        CpuSvn = report.CpuSvn.ToArray(),
        ConfigId = report.ConfigId.ToArray(),
        ConfigSvn = report.ConfigSvn,
        IsvExtProdId = report.IsvExtProdId.ToArray(),
        IsvFamilyId = report.IsvFamilyId.ToArray(),
        Platform = platform,
    };

    private TdxClaims Claims(in TdReportBody td) => new(td.ReportData.ToArray())
    {
        TeeTcbSvn = td.TeeTcbSvn.ToArray(),
        MrSeam = td.MrSeam.ToArray(),
        MrSignerSeam = td.MrSignerSeam.ToArray(),
        SeamAttributes = td.SeamAttributes.ToArray(),
        TdAttributes = td.TdAttributes.ToArray(),
        Xfam = td.Xfam.ToArray(),
        MrTd = td.MrTd.ToArray(),
        MrConfigId = td.MrConfigId.ToArray(),
        MrOwner = td.MrOwner.ToArray(),
        MrOwnerConfig = td.MrOwnerConfig.ToArray(),
        Rtmrs = [td.Rtmr(0).ToArray(), td.Rtmr(1).ToArray(), td.Rtmr(2).ToArray(), td.Rtmr(3).ToArray()],
        TeeTcbSvn2 = td.IsTd15 ? td.TeeTcbSvn2.ToArray() : null,
        MrServiceTd = td.IsTd15 ? td.MrServiceTd.ToArray() : null,
        Debug = td.IsDebug,
        Platform = platform,
    };
}
