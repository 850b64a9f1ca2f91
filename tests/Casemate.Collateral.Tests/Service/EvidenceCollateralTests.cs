using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Service;
using Casemate.Simulator;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Service;

/// <summary>What the service finds is what verification needs.</summary>
public sealed class EvidenceCollateralTests
{
    private static readonly byte[] ReportData = new byte[64];

    private static EvidencePolicy Policy { get; } = new() { ReportData = ReportData };

    [Theory]
    [InlineData("pcs")]
    [InlineData("pccs")]
    [InlineData("thim")]
    public async Task Verifies_Quotes_ThroughEachKindOfUpstream(string kind)
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service(upstreams: [kind switch { "pcs" => test.Pcs(), "pccs" => test.Pccs(), _ => test.Thim() }]);
        foreach (var quote in new[]
        {
            Provisioned.Platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData),
            Provisioned.Platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, ReportData),
        })
        {
            var collateral = await service.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(quote)!, default);
            var verdict = QuoteVerifier.Verify(quote, collateral!, SimulatedHardware.Shared.Roots, test.Time.GetUtcNow(), Policy);

            Assert.Equal(TcbStatus.UpToDate, verdict.TcbStatus);
            Assert.NotNull(verdict.Claims);
            Assert.All(
                verdict.Checks.Where(check => check.Id is CheckId.RootCrlFreshness or CheckId.PckCrlFreshness or CheckId.TcbInfoFreshness or CheckId.QeIdentityFreshness),
                check => Assert.Equal(CheckOutcome.Passed, check.Outcome));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Supplies_ThePckChain_ThatAQuoteDoesNotCarry(int certificationDataType)
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        if (certificationDataType is 1 or 2)
        {
            await service.RegisterPlatformAsync(test.Pck(), CollateralFetch.WhenMissing);
        }

        var quote = Provisioned.Platform.Dcap.With(s => s with { CertificationDataType = certificationDataType })
            .QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData);

        var collateral = await service.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(quote)!, default);

        Assert.Equal(certificationDataType != 5, collateral!.PckCertificateChainPem is not null);
        var verdict = QuoteVerifier.Verify(quote, collateral, SimulatedHardware.Shared.Roots, test.Time.GetUtcNow(), Policy);
        Assert.Equal(TcbStatus.UpToDate, verdict.TcbStatus);
        Assert.NotNull(verdict.Claims);
    }

    [Fact]
    public async Task SuppliesNo_CertificateOfAnotherMachine()
    {
        await using var test = await Provisioned.StartAsync();
        var quote = Provisioned.Platform.Dcap
            .With(s => s with { CertificationDataType = 3, Machine = s.Machine with { PlatformInstanceId = new byte[16] } })
            .QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, ReportData);

        var (found, outcome) = await test.Service().FindDcapAsync(DcapCollateralQuery.TryCreate(quote)!, CollateralFetch.WhenMissing);

        Assert.Null(found);
        Assert.Equal(CollateralStatus.CertificateUnavailable, outcome.Status);
    }

    [Fact]
    public async Task GivesTheSameInstance_AsLongAsNothingChanged()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        var query = new DcapCollateralQuery(Tee.Sgx, Provisioned.Fmspc.ToLowerInvariant(), PlatformCa: true);

        Assert.Same(await service.FindDcapCollateralAsync(query, default), await service.FindDcapCollateralAsync(query, default));
    }

    [Theory]
    [InlineData(SnpProduct.Milan, 3)]
    [InlineData(SnpProduct.Milan, 2)]
    [InlineData(SnpProduct.Genoa, 5)]
    [InlineData(SnpProduct.Turin, 3)]
    public async Task Verifies_Reports_OfEachProductLine(SnpProduct product, int version)
    {
        await using var test = await Provisioned.StartAsync();
        var report = Provisioned.Platform.Snp(product).Report(new SimulatedGuest { Measurement = new byte[48] }, ReportData, version);
        var service = test.Service(upstreams: [test.Kds()]);

        var endorsements = await service.FindSnpEndorsementsAsync(SnpEndorsementQuery.TryCreate(report)!, default);

        var verdict = SnpReportVerifier.Verify(
            report, endorsements!, Provisioned.Platform.Allow(TrustRoots.Production), test.Time.GetUtcNow(), Policy);
        Assert.All(verdict.Checks.Where(check => check.Id is CheckId.SnpCrl), check => Assert.Equal(CheckOutcome.Passed, check.Outcome));
        Assert.NotNull(verdict.Claims);
        Assert.All(test.Server.Requests.Where(request => request.Contains("blSPL", StringComparison.Ordinal)), request =>
            Assert.Matches(@"blSPL=\d\d+&teeSPL=\d\d+&snpSPL=\d\d+&ucodeSPL=\d\d+$", request));
    }

    [Fact]
    public async Task Gives_TheIssuers_WhenTheKeysOwnCertificateCannotBeHad()
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Break(
            "/vcek/v1/Milan/" + Provisioned.Platform.Snp(SnpProduct.Milan).KeyDistribution.ChipId, ProvisioningFault.ServerError);
        var report = Provisioned.Platform.Snp(SnpProduct.Milan).Report(new SimulatedGuest { Measurement = new byte[48] }, ReportData);

        var found = await test.Service(upstreams: [test.Kds()]).FindSnpEndorsementsAsync(SnpEndorsementQuery.TryCreate(report)!, default);

        Assert.True(found!.Vek.IsEmpty);
        Assert.False(found.Ask.IsEmpty || found.Ark.IsEmpty || found.Crl is null);
    }

    [Fact]
    public async Task TakesTheVcek_OfAzuresMetadataService()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service(upstreams: [test.Thim()]).GetAsync(Provisioned.Vcek());

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.Contains("/metadata/THIM/amd/certification", test.Server.Requests);
    }

    [Fact]
    public async Task RefusesTheVcek_OfAnotherChip_FromTheMetadataService()
    {
        await using var test = await Provisioned.StartAsync();
        var other = Casemate.Collateral.Store.CollateralKey.Vcek(SnpProduct.Milan, new string('b', 128), Provisioned.Tcb(SnpProduct.Milan));

        var outcome = await test.Service(upstreams: [test.Thim()]).GetAsync(other);

        Assert.Equal(CollateralStatus.NotVerifiable, outcome.Status);
    }

    [Fact]
    public async Task LeavesTheMetadataServiceAlone_AfterAFailure()
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Break("metadata", ProvisioningFault.ServerError);
        var service = test.Service(upstreams: [test.Thim()]);

        await service.GetAsync(Provisioned.Vcek(), CollateralFetch.Always);
        await service.GetAsync(Provisioned.Vcek(), CollateralFetch.Always);
        Assert.Single(test.Server.Requests);

        test.Server.Break("metadata", ProvisioningFault.None);
        test.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(CollateralStatus.Found, (await service.GetAsync(Provisioned.Vcek(), CollateralFetch.Always)).Status);
    }

    [Fact]
    public async Task Throws_WhatAServiceCanReport_WhenAnUpstreamIsDown()
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Fault = ProvisioningFault.ServerError;
        var query = new DcapCollateralQuery(Tee.Sgx, Provisioned.Fmspc.ToLowerInvariant(), PlatformCa: true);

        var exception = await Assert.ThrowsAsync<CollateralUnavailableException>(
            async () => await test.Service().FindDcapCollateralAsync(query, default));

        Assert.True(exception.IsTransient);
        Assert.Contains("503", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysNothing_ForAPlatformThatNobodyKnows()
    {
        await using var test = await Provisioned.StartAsync();

        Assert.Null(
            await test.Service().FindDcapCollateralAsync(new DcapCollateralQuery(Tee.Sgx, "aaaaaaaaaaaa", PlatformCa: true), default));
        Assert.Null(await test.Service().FindDcapCollateralAsync(new DcapCollateralQuery(Tee.Sgx, "", PlatformCa: true), default));
    }
}
