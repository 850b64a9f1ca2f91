using System.Globalization;
using Casemate.Attestation.Snp;
using Casemate.Serve.Pccs;
using Casemate.Testing.Attestation;
using static Casemate.Serve.Tests.Pccs.PccsFixture;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>The routes of AMD's key server.</summary>
public sealed class KdsFaceTests
{
    [Theory]
    [InlineData(SnpProduct.Milan, "0")]
    [InlineData(SnpProduct.Milan, "00")]
    [InlineData(SnpProduct.Turin, "0")]
    [InlineData(SnpProduct.Turin, "00")]
    public async Task Answers_TheVcek_HoweverItsNumbersAreWritten_AndAsksOnce(SnpProduct product, string format)
    {
        await using var pccs = await StartAsync();
        var machine = SimulatedHardware.Shared.Platform.Snp(product).KeyDistribution;

        var response = await pccs.GetAsync(Vcek(product, format));

        Assert.True(response.Status == 200, response.Text);
        Assert.Equal("application/pkix-cert", response["Content-Type"]);
        Assert.Equal(machine.Vcek(machine.ChipId, SnpTcb(product), pccs.Time.GetUtcNow()), response.Body);
        pccs.Time.Advance(TimeSpan.FromDays(400));
        foreach (var other in (string[])["0", "00"])
        {
            var again = Vcek(product, other).Replace(machine.ChipId, machine.ChipId.ToUpperInvariant(), StringComparison.Ordinal);
            Assert.Equal(200, (await pccs.GetAsync(again)).Status);
        }

        Assert.Single(pccs.Upstream.Requests, request => request.Contains(machine.ChipId, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/vcek/v1/Milan/cert_chain", "application/x-pem-file")]
    [InlineData("/vlek/v1/Milan/cert_chain", "application/x-pem-file")]
    [InlineData("/vcek/v1/Milan/crl", "application/pkix-crl")]
    public async Task Answers_ChainsAndRevocationLists(string route, string type)
    {
        await using var pccs = await StartAsync(CollateralMode.Request);
        var machine = SimulatedHardware.Shared.Platform.Snp(SnpProduct.Milan).KeyDistribution;
        var signer = route.StartsWith("/vlek", StringComparison.Ordinal) ? SnpSigner.Vlek : SnpSigner.Vcek;

        var response = await pccs.GetAsync(route);

        Assert.True(response.Status == 200, response.Text);
        Assert.Equal(type, response["Content-Type"]);
        if (route.EndsWith("crl", StringComparison.Ordinal))
        {
            Assert.Equal(machine.Crl(signer, pccs.Time.GetUtcNow()), response.Body);
        }
        else
        {
            Assert.Equal(machine.ChainPem(signer, pccs.Time.GetUtcNow()), response.Text);
        }
    }

    [Fact]
    public async Task PassesOnThatAmdWantsToBeLeftAlone_ButNotForWhatIsCached()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(200, (await pccs.GetAsync(Vcek(SnpProduct.Milan, "0"))).Status);
        pccs.Upstream.Fault = ProvisioningFault.Throttled;

        var refused = await pccs.GetAsync("/vcek/v1/Milan/crl");

        Assert.Equal(429, refused.Status);
        Assert.InRange(int.Parse(refused["Retry-After"]!, CultureInfo.InvariantCulture), 1, 120);
        Assert.Equal(200, (await pccs.GetAsync(Vcek(SnpProduct.Milan, "0"))).Status);
    }

    [Theory]
    [InlineData("/vcek/v1/Milan/xyz?blSPL=1&teeSPL=1&snpSPL=1&ucodeSPL=1", 400)]
    [InlineData("/vcek/v1/Milan/cert", 400)]
    [InlineData("/vcek/v1/Naples/cert_chain", 404)]
    [InlineData("/vcek/v1/Milan", 404)]
    [InlineData("/vcek/v1/Milan/cert_chain/more", 404)]
    [InlineData("/vlek/v1/Milan/00", 404)]
    [InlineData("/vlek/v1/Milan/cert?blSPL=256&teeSPL=1&snpSPL=1&ucodeSPL=1", 400)]
    [InlineData("/vlek/v1/Milan/cert?blSPL=-1&teeSPL=1&snpSPL=1&ucodeSPL=1", 400)]
    [InlineData("/vlek/v1/Milan/cert?blSPL=1&teeSPL=1&snpSPL=1", 400)]
    [InlineData("/vlek/v1/Turin/cert?blSPL=1&teeSPL=1&snpSPL=1&ucodeSPL=1", 400)]
    public async Task RefusesWhatAmdHasNoRouteFor(string target, int status)
    {
        await using var pccs = await StartAsync();

        var refused = await pccs.GetAsync(target);

        Assert.Equal(status, refused.Status);
        Assert.Empty(pccs.Upstream.Requests);
    }

    private static string Vcek(SnpProduct product, string format)
    {
        var tcb = SnpTcb(product);
        string Svn(byte value) => value.ToString(format, CultureInfo.InvariantCulture);
        var fmc = tcb.Fmc is { } svn ? $"fmcSPL={Svn(svn)}&" : "";
        return $"/vcek/v1/{product}/{SimulatedHardware.Shared.Platform.Snp(product).KeyDistribution.ChipId}"
            + $"?{fmc}blSPL={Svn(tcb.BootLoader)}&teeSPL={Svn(tcb.Tee)}&snpSPL={Svn(tcb.Snp)}&ucodeSPL={Svn(tcb.Microcode)}";
    }
}
