using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Tests.Service;
using Casemate.Simulator;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Bundle;

/// <summary>A bundle is enough to verify what its platforms send, and hands out nothing that does not verify.</summary>
public sealed class BundleCollateralSourceTests
{
    private static readonly BundleSigningKey Key = BundleSigningKey.Create();
    private static readonly byte[] ReportData = new byte[64];

    private static EvidencePolicy Policy { get; } = new() { ReportData = ReportData };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task IsEnough_ForQuotes(int certificationDataType)
    {
        await using var source = Open(await Fleet.AllAsync());
        var dcap = Provisioned.Platform.Dcap.With(s => s with { CertificationDataType = certificationDataType });
        foreach (var quote in new[]
        {
            dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData),
            dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, ReportData),
        })
        {
            var collateral = await source.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(quote)!, default);
            var verdict = QuoteVerifier.Verify(quote, collateral!, SimulatedHardware.Shared.Roots, Fleet.Noon, Policy);

            Assert.Equal(TcbStatus.UpToDate, verdict.TcbStatus);
            Assert.NotNull(verdict.Claims);
        }
    }

    [Fact]
    public async Task IsEnough_ForReports()
    {
        await using var source = Open(await Fleet.AllAsync());
        var report = Provisioned.Platform.Snp(SnpProduct.Milan).Report(new SimulatedGuest { Measurement = new byte[48] }, ReportData);

        var endorsements = await source.FindSnpEndorsementsAsync(SnpEndorsementQuery.TryCreate(report)!, default);

        Assert.NotNull(endorsements!.Crl);
        var verdict = SnpReportVerifier.Verify(report, endorsements, SimulatedHardware.Shared.Roots, Fleet.Noon, Policy);
        Assert.NotNull(verdict.Claims);
    }

    [Fact]
    public async Task SaysExpired_InTheVerdict_NotByHidingWhatItHas()
    {
        var later = Fleet.Noon.AddDays(60);
        await using var source = Open(await Fleet.AllAsync(), later);
        var quote = Provisioned.Platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData);

        var collateral = await source.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(quote)!, default);
        var verdict = QuoteVerifier.Verify(quote, collateral!, SimulatedHardware.Shared.Roots, later, Policy);

        Assert.Contains(verdict.Reasons, check => check.Id is CheckId.TcbInfoFreshness);
        Assert.Contains(verdict.Reasons, check => check.Id is CheckId.RootCrlFreshness);
    }

    [Fact]
    public async Task SaysWhatIsMissing()
    {
        var pieces = await Fleet.AllAsync();
        await using var source = Open([.. pieces.Where(piece => piece.Key.Kind is not CollateralKind.QeIdentity)]);
        var quote = Provisioned.Platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData);

        var (collateral, outcome) = await source.FindDcapAsync(DcapCollateralQuery.TryCreate(quote)!, default);

        Assert.Null(collateral);
        Assert.Equal(CollateralStatus.NotFound, outcome.Status);
        Assert.Contains("qe-identity/sgx-standard", outcome.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_ABundle_OfWhichNothingIsUnderTheRoots()
    {
        var bundle = Bundle(await Fleet.AllAsync());

        var refusal = Assert.Throws<MalformedInputException>(
            () => BundleCollateralSource.Open(bundle, TrustRoots.Production, new ManualTimeProvider(Fleet.Noon)));

        Assert.Contains("nothing in the bundle verifies", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandsOutNothing_ThatTheSignerMayHavePutIn_ButThatDoesNotVerify()
    {
        // The signer of the bundle is trusted to choose, not to speak for Intel.
        var pieces = await Fleet.AllAsync();
        var forged = pieces.Select(piece => piece.Key.Kind is CollateralKind.TcbInfo ? piece with { Raw = Changed(piece.Raw) } : piece).ToArray();
        await using var source = Open(forged);
        var quote = Provisioned.Platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData);

        Assert.Equal(2, source.Refused.Length);
        Assert.All(source.Refused, piece => Assert.Equal(CollateralKind.TcbInfo, piece.Collateral.Key.Kind));
        Assert.Null(await source.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(quote)!, default));
    }

    [Fact]
    public async Task KnowsTheFirstInstantThereIs()
    {
        // Everything begins in the future then, and nothing overflows on the way to saying so.
        var bundle = Bundle(await Fleet.AllAsync());

        Assert.Throws<MalformedInputException>(() => BundleCollateralSource.Open(
            bundle, SimulatedHardware.Shared.Roots, new ManualTimeProvider(DateTimeOffset.MinValue.AddDays(1))));
    }

    private static BundleCollateralSource Open(StoredCollateral[] pieces, DateTimeOffset? at = null) => BundleCollateralSource.Open(
        Bundle(pieces), SimulatedHardware.Shared.Roots, new ManualTimeProvider(at ?? Fleet.Noon));

    private static CollateralBundle Bundle(StoredCollateral[] pieces) =>
        CollateralBundle.Parse(CollateralBundle.Write(pieces, Fleet.Noon, Key), "bundle", Key.PublicKey);

    private static byte[] Changed(ReadOnlyMemory<byte> raw)
    {
        var changed = raw.ToArray();
        changed[100] ^= 1;
        return changed;
    }
}
