using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Testing.Attestation;

namespace Casemate.Collateral.Tests.Service;

public sealed class PckCertificateTests
{
    // The machine's own TCB, then lower ones. Levels: [8,8,3,3,4,1,0,6] 13; …0…; [7,7,3,3,4,1,0,5]; …0…; [5,5,2,2,3,0,0,3] 11; [1,1] 5.
    [Theory]
    [InlineData("08080303040100060000000000000000", "0D00", "080803030401000600000000000000000d00")]
    [InlineData("08080303040000060000000000000000", "0D00", "080803030400000600000000000000000d00")]
    [InlineData("07080303040100060000000000000000", "0D00", "070703030401000500000000000000000d00")]
    [InlineData("0FFF03030401000600000000000000FF", "FFFF", "080803030401000600000000000000000d00")]
    [InlineData("08080303040100060000000000000000", "0C00", "050502020300000300000000000000000b00")]
    [InlineData("05050202030000030000000000000000", "0B00", "050502020300000300000000000000000b00")]
    [InlineData("01010000000000000000000000000000", "0500", "010100000000000000000000000000000500")]
    public async Task Chooses_TheNewestCertificate_ThatIsNotNewerThanTheMachine(string cpuSvn, string pceSvn, string tcbm)
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service().GetPckCertificateAsync(test.Pck() with { CpuSvn = cpuSvn, PceSvn = pceSvn });

        Assert.Equal((CollateralStatus.Found, ""), (outcome.Status, outcome.Problem));
        Assert.Equal(tcbm, outcome.Certificate!.Tcbm);
        Assert.True(UnverifiedCertificate.TryReadPem(outcome.Certificate.CertificatePem.Span, out var certificates, out _));
        Assert.Equal(tcbm[..32], Convert.ToHexStringLower(Assert.Single(certificates).CpuSvn.AsSpan()));
        Assert.Equal(Provisioned.Fmspc.ToLowerInvariant(), outcome.Certificate.Fmspc);
        Assert.True(outcome.Certificate.PlatformCa);
    }

    [Fact]
    public async Task Says_ThatThereIsNoCertificate_ForATcbBelowAllOfThem()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service().GetPckCertificateAsync(test.Pck() with { CpuSvn = new string('0', 32) });

        Assert.Equal(CollateralStatus.CertificateUnavailable, outcome.Status);
    }

    [Fact]
    public async Task Says_ThatTheMachineIsUnknown_WithoutItsPpid()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();

        Assert.Equal(CollateralStatus.PlatformUnknown, (await service.GetPckCertificateAsync(test.Pck(""))).Status);
        Assert.Equal(CollateralStatus.PlatformUnknown, (await service.GetPckCertificateAsync(test.Pck(new string('0', 768)))).Status);
        Assert.Empty(test.Server.Requests);
        Assert.Equal(CollateralStatus.Found, (await service.GetPckCertificateAsync(test.Pck())).Status);
        Assert.Equal(CollateralStatus.Found, (await service.GetPckCertificateAsync(test.Pck(""))).Status);
    }

    [Fact]
    public async Task Remembers_TheMachine_AndWhatWasChosen()
    {
        await using var test = await Provisioned.StartAsync();
        await test.Service().GetPckCertificateAsync(test.Pck());

        var platform = Assert.Single(await test.Store.ListPlatformsAsync(default));

        Assert.Equal(test.Server.Dcap.Provisioning.EncryptedPpid.ToLowerInvariant(), platform.EncryptedPpid);
        Assert.Equal((Provisioned.Fmspc.ToLowerInvariant(), true), (platform.Fmspc, platform.PlatformCa));
        Assert.Equal(
            new SelectedTcb(
                "08080303040100060000000000000000", "0d00", "080803030401000600000000000000000d00"), Assert.Single(platform.RawTcbs));
    }

    [Fact]
    public async Task Keeps_WhatTheMachineAskedFor_WhenOthersAskForManyTcbs()
    {
        await using var test = await Provisioned.StartAsync();
        var service = test.Service();
        await service.GetPckCertificateAsync(test.Pck());
        for (var i = 0; i < 40; i++)
        {
            var asked = test.Pck("") with { CpuSvn = $"{i:x2}ffffffffffffffffffffffffffffff" };
            await service.GetPckCertificateAsync(asked, CollateralFetch.Never);
        }

        var platform = Assert.Single(await test.Store.ListPlatformsAsync(default));

        Assert.Equal(ProvisionedPlatform.MaximumRawTcbs, platform.RawTcbs.Length);
        Assert.Contains(platform.RawTcbs, tcb => tcb.CpuSvn == "08080303040100060000000000000000");
    }

    [Fact]
    public async Task Answers_AfterARestart_WithoutAnUpstream()
    {
        await using var test = await Provisioned.StartAsync();
        await test.Service().GetPckCertificateAsync(test.Pck());

        var outcome = await test.Service(upstreams: []).GetPckCertificateAsync(test.Pck(""));

        Assert.Equal(CollateralStatus.Found, outcome.Status);
    }

    [Fact]
    public async Task Registers_AMachineWithAManifest()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service().RegisterPlatformAsync(
            test.Pck("") with { PlatformManifest = new string('a', 1000) }, CollateralFetch.WhenMissing);

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.Contains(test.Server.Requests, request => request == "/sgx/certification/v4/pckcerts");
    }

    [Theory]
    [InlineData(ProvisioningFault.WrongSignature)]
    [InlineData(ProvisioningFault.OtherRoot)]
    [InlineData(ProvisioningFault.OtherSubject)]
    [InlineData(ProvisioningFault.NoChain)]
    [InlineData(ProvisioningFault.Html)]
    [InlineData(ProvisioningFault.Noise)]
    public async Task Keeps_NothingOf_CertificatesThatDoNotVerify(ProvisioningFault fault)
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Break("pckcert", fault);

        foreach (var service in new[] { test.Service(), test.Service(upstreams: [test.Pccs()]), test.Service(upstreams: [test.Thim()]) })
        {
            var outcome = await service.GetPckCertificateAsync(test.Pck());

            Assert.Equal(CollateralStatus.NotVerifiable, outcome.Status);
            Assert.Empty(await test.Store.ListAsync(default));
        }
    }

    [Fact]
    public async Task TakesThe_CertificateThatAPccsChose()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service(upstreams: [test.Pccs()]).GetPckCertificateAsync(test.Pck());

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.Equal("080803030401000600000000000000000d00", outcome.Certificate!.Tcbm);
    }

    [Fact]
    public async Task Says_WhatAPccsDoesNotKnow()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service(upstreams: [test.Pccs()]).GetPckCertificateAsync(test.Pck() with { QeId = "ffff" });

        Assert.Equal(CollateralStatus.PlatformUnknown, outcome.Status);
    }

    [Fact]
    public async Task Refuses_ACertificateOfANewerTcb_ThanTheMachines()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service(upstreams: [test.Pccs()]).GetPckCertificateAsync(test.Pck() with { CpuSvn = new string('0', 32) });

        Assert.Equal(CollateralStatus.NotVerifiable, outcome.Status);
    }

    [Fact]
    public async Task TakesThe_CertificateOfAzuresMetadataService()
    {
        await using var test = await Provisioned.StartAsync();

        var outcome = await test.Service(upstreams: [test.Thim()]).GetPckCertificateAsync(test.Pck());

        Assert.Equal(CollateralStatus.Found, outcome.Status);
        Assert.Contains("api-version=2021-07-22-preview", Assert.Single(test.Server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChoosesAgain_WhenCertificatesChange()
    {
        await using var test = await Provisioned.StartAsync();
        test.Server.Dcap = test.Server.Dcap.With(
            s => s with { Machine = s.Machine with { ComponentSvns = [7, 7, 3, 3, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0] } });
        var query = test.Pck() with { CpuSvn = "08080303040100060000000000000000" };
        var service = test.Service();
        Assert.Equal("070703030401000500000000000000000d00", (await service.GetPckCertificateAsync(query)).Certificate!.Tcbm);

        test.Server.Dcap = Provisioned.Platform.Dcap;
        await service.RefreshAllAsync(key => key.Kind is CollateralKind.PckCertificates, default);

        Assert.Equal("080803030401000600000000000000000d00", Assert.Single((await service.ListPlatformsAsync(default))[0].RawTcbs).Tcbm);
        Assert.Equal("080803030401000600000000000000000d00", (await service.GetPckCertificateAsync(query)).Certificate!.Tcbm);
    }

    [Theory]
    [InlineData("", "0000", "00", "00")]
    [InlineData("zz-", "0000", "08080303040100060000000000000000", "0D00")]
    [InlineData("ab", "000", "08080303040100060000000000000000", "0D00")]
    [InlineData("ab", "0000", "0808", "0D00")]
    public async Task Refuses_AMalformedQuestion(string qeId, string pceId, string cpuSvn, string pceSvn)
    {
        await using var test = await Provisioned.StartAsync();

        await Assert.ThrowsAsync<ArgumentException>(
            async () => await test.Service().GetPckCertificateAsync(new PckQuery(qeId, pceId, cpuSvn, pceSvn)));
    }
}
