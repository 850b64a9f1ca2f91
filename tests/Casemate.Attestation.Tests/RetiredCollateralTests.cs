using System.Text;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Tests;

/// <summary>Documents of the retired first version are recognised, refused by name, and the reader is told what to fetch.</summary>
public sealed class RetiredCollateralTests
{
    // The content of 'qeIdentity' as the first version of the service gave it.
    private const string QeIdentity = """
        {"version":1,"issueDate":"2018-10-04T11:10:45Z","nextUpdate":"2019-06-21T12:36:02Z","miscselect":"00000000","miscselectMask":"FFFFFFFF",
        "attributes":"11000000000000000000000000000000","attributesMask":"FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner":"8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF","isvprodid":1,"isvsvn":1}
        """;

    [Fact]
    public void Names_TheQeIdentityToFetch()
    {
        Assert.False(EnclaveIdentity.TryParse(Encoding.UTF8.GetBytes(QeIdentity), out _, out var error));

        Assert.Equal(
            "UnsupportedCollateralVersion: QE identity version 1 ('qeIdentity') is retired; fetch version 2 ('enclaveIdentity') from "
            + "/sgx/certification/v4/qe/identity, for TDX from /tdx/certification/v4/qe/identity",
            error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Names_AVersionThatNeverWas(int version)
    {
        var body = QeIdentity.Replace("\"version\":1", $"\"version\":{version}", StringComparison.Ordinal);

        Assert.False(EnclaveIdentity.TryParse(Encoding.UTF8.GetBytes(body), out _, out var error));

        Assert.Equal($"UnsupportedCollateralVersion: QE identity version {version}, supported is 2", error);
    }

    [Theory]
    [InlineData(Tee.Sgx)]
    [InlineData(Tee.Tdx)]
    public void Refuses_AQeIdentityOfVersion1_AsUnsupportedCollateralVersion(Tee tee)
    {
        var verdict = Verify(tee, s => s with
        {
            QeIdentity = s.QeIdentity with { Version = 1, Id = null },
            TdQeIdentity = s.TdQeIdentity with { Version = 1, Id = null },
        });

        AssertRefused(verdict, "UnsupportedCollateralVersion: QE identity version 1", CheckId.QeIdentityFormat);
    }

    [Theory]
    [InlineData(Tee.Sgx)]
    [InlineData(Tee.Tdx)]
    public void Refuses_ATcbInfoOfVersion1_AsUnsupportedCollateralVersion(Tee tee)
    {
        var verdict = Verify(tee, s => s with
        {
            SgxTcbInfo = s.SgxTcbInfo with { Version = 1, Id = null },
            TdxTcbInfo = s.TdxTcbInfo with { Version = 1 },
        });

        AssertRefused(verdict, "UnsupportedCollateralVersion: TCB info version 1", CheckId.TcbInfoFormat);
    }

    [Fact]
    public void DoesNotAsk_WhenBothDocumentsAreCurrent() =>
        Assert.DoesNotContain(Verify(Tee.Sgx, s => s).Checks, c => c.Id is CheckId.CollateralVersion);

    private static void AssertRefused(Verdict verdict, string start, CheckId format)
    {
        var reason = Assert.Single(verdict.Reasons, c => c.Id is CheckId.CollateralVersion);
        Assert.StartsWith(start, reason.Actual, StringComparison.Ordinal);
        Assert.Contains("is retired; fetch version", reason.Actual, StringComparison.Ordinal);
        Assert.DoesNotContain(verdict.Checks, c => c.Id == format);
        Assert.Null(verdict.TcbStatus);
        Assert.Null(verdict.Claims);
    }

    private static Verdict Verify(Tee tee, Func<Simulator.Dcap.DcapScenario, Simulator.Dcap.DcapScenario> change)
    {
        var dcap = Simulated.Dcap.With(change);
        var quote = tee is Tee.Sgx
            ? dcap.QuoteSgx(new() { MrEnclave = new byte[32] }, new byte[64])
            : dcap.QuoteTdx(Simulated.Td, new byte[64]);
        return QuoteVerifier.Verify(quote, dcap.Collateral(tee, Simulated.Noon), Simulated.Roots, Simulated.Noon, EvidencePolicy.EvidenceOnly);
    }
}
