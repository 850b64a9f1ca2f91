using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>What the simulated provisioning services answer has the form of the real ones' answers.</summary>
public sealed class ProvisioningTests
{
    private static SimulatedProvisioning Service => TestPlatform.Dcap.Provisioning;

    [Fact]
    public void Gives_ACertificate_ForEachLevelThatTheMachineReaches()
    {
        using var json = JsonDocument.Parse(Service.PckCertificates().Body);

        Assert.Equal(6, json.RootElement.GetArrayLength());
        foreach (var item in json.RootElement.EnumerateArray())
        {
            var pem = Encoding.ASCII.GetBytes(Uri.UnescapeDataString(item.GetProperty("cert").GetString()!));
            Assert.True(UnverifiedCertificate.TryReadPem(pem, out var certificates, out var error), error);
            Assert.Equal(item.GetProperty("tcbm").GetString()![..32], Convert.ToHexString(Assert.Single(certificates).CpuSvn.AsSpan()));
        }
    }

    [Fact]
    public void SaysNotAvailable_ForLevelsAboveTheMachine()
    {
        byte[] components = [5, 5, 2, 2, 3, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0];
        var old = TestPlatform.Dcap.With(s => s with { Machine = s.Machine with { ComponentSvns = components, PceSvn = 11 } });
        using var json = JsonDocument.Parse(old.Provisioning.PckCertificates().Body);

        Assert.Equal(4, json.RootElement.EnumerateArray().Count(item => item.GetProperty("cert").GetString() == "Not available"));
    }

    [Fact]
    public void Gives_TheSameBytes_WithinOneDay()
    {
        Assert.Equal(Service.TcbInfo(Tee.Sgx, TestPlatform.Noon).Body, Service.TcbInfo(Tee.Sgx, TestPlatform.Noon.AddHours(1)).Body);
        Assert.NotEqual(Service.TcbInfo(Tee.Sgx, TestPlatform.Noon).Body, Service.TcbInfo(Tee.Sgx, TestPlatform.Noon, early: true).Body);
    }

    [Fact]
    public void Gives_TheSameBytes_ToClocksOfSeveralDaysThatAskInTurn()
    {
        var today = Service.TcbInfo(Tee.Sgx, TestPlatform.Noon).Body;
        var tomorrow = Service.TcbInfo(Tee.Sgx, TestPlatform.Noon.AddDays(1)).Body;

        Assert.NotEqual(today, tomorrow);
        Assert.Equal(today, Service.TcbInfo(Tee.Sgx, TestPlatform.Noon).Body);
        Assert.Equal(tomorrow, Service.TcbInfo(Tee.Sgx, TestPlatform.Noon.AddDays(1)).Body);
    }

    [Theory]
    [InlineData(Tee.Tdx, 3)]
    [InlineData(Tee.Snp, 4)]
    [InlineData(Tee.Sgx, 2)]
    public void Refuses_ATcbInfo_ThatTheServiceDoesNotHave(Tee tee, int version) =>
        Assert.Throws<ArgumentException>(() => Service.TcbInfo(tee, TestPlatform.Noon, apiVersion: version));

    [Fact]
    public void Gives_AVcek_ForItsOwnChipOnly()
    {
        var keys = TestPlatform.Snp(SnpProduct.Milan).KeyDistribution;
        var tcb = new SnpTcb(null, 1, 2, 3, 4);

        Assert.Null(keys.Vcek(new string('0', 128), tcb, TestPlatform.Noon));
        Assert.True(UnverifiedCertificate.TryRead(keys.Vcek(keys.ChipId, tcb, TestPlatform.Noon), out var vcek, out _));
        Assert.Equal(tcb, vcek!.Tcb);
    }
}
