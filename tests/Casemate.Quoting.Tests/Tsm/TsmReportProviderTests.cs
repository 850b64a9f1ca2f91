using Casemate.Attestation;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Tests.Guests;
using Casemate.Quoting.Tsm;

namespace Casemate.Quoting.Tests.Tsm;

/// <summary>Reports through configfs: the generation protocol, its races and its errors.</summary>
public sealed class TsmReportProviderTests
{
    private static readonly byte[] Data = SimulatedGuests.ReportData;

    [Fact]
    public async Task GetsAQuote_OfATd()
    {
        var tree = Tdx();

        var evidence = await Open(tree).GetAsync(Data, default);

        Assert.Equal(Tee.Tdx, evidence.Tee);
        Assert.Equal(Data, evidence.Evidence.Slice(568, 64).ToArray());
        Assert.True(evidence.CertificateTable.IsEmpty);
        Assert.Equal(["inblob=…"], tree.Writes);
    }

    [Fact]
    public async Task GetsAReport_OfAnSnpGuest_WithTheHostsCertificates()
    {
        var evidence = await Open(Snp()).GetAsync(Data, default);

        Assert.Equal(Tee.Snp, evidence.Tee);
        Assert.Equal(1184, evidence.Evidence.Length);
        Assert.Equal(SimulatedGuests.CertificateTable, evidence.CertificateTable.ToArray());
    }

    [Fact]
    public async Task EveryRequest_HasADirectoryOfItsOwn_AndLeavesNone()
    {
        var tree = Tdx();
        var provider = Open(tree);

        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => provider.GetAsync(Enumerable.Repeat((byte)i, 64).ToArray(), default).AsTask()));

        Assert.Equal(9, tree.Made);                                        // one was made to read the provider's name
        Assert.Empty(tree.Names);
    }

    [Fact]
    public async Task SomebodyElsesWrite_BeforeTheReport_IsSeen_AndTheRequestRepeated()
    {
        var tree = Tdx();
        tree.Meeting("write inblob", tree.Intrude);

        var evidence = await Open(tree).GetAsync(Data, default);

        Assert.Equal(Data, evidence.Evidence.Slice(568, 64).ToArray());
        Assert.Equal(3, tree.Made);
    }

    [Fact]
    public async Task SomebodyElsesWrite_WhileTheReportIsRead_IsSeen_AndTheRequestRepeated()
    {
        var tree = Snp();
        tree.Meeting("read auxblob", tree.Intrude);

        var evidence = await Open(tree).GetAsync(Data, default);

        Assert.Equal(Data, evidence.Evidence.Slice(0x50, 64).ToArray());
        Assert.Equal(3, tree.Made);
    }

    [Fact]
    public async Task WriteThatDidNotArrive_IsSeen()
    {
        // The kernel reports no error when it drops a binary attribute on close: the generation stays behind.
        var tree = Tdx();
        for (var i = 0; i < 2; i++)
        {
            tree.Meeting("read generation", _ => 0).Meeting("read generation", name => tree.Forget(name));
        }

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(tree, attempts: 2).GetAsync(Data, default).AsTask());

        Assert.True(failure.IsTransient);
        Assert.Contains("generation", failure.Message, StringComparison.Ordinal);
        Assert.Contains("2 tries", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TornReport_IsNotHandedOn()
    {
        var torn = true;
        var tree = new EmulatedTsm("tdx_guest", data =>
        {
            var quote = SimulatedGuests.Quote(data);
            quote[48 + 520 + 63] ^= torn ? (byte)1 : (byte)0;
            torn = false;
            return quote;
        });

        var evidence = await Open(tree).GetAsync(Data, default);

        Assert.Equal(Data, evidence.Evidence.Slice(568, 64).ToArray());
    }

    [Fact]
    public async Task ReportCutShort_IsNotHandedOn()
    {
        var tree = new EmulatedTsm("sev_guest", data => SimulatedGuests.SnpReport(data)[..1000]);

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(tree, attempts: 1).GetAsync(Data, default).AsTask());

        Assert.Contains("WrongSize", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EmptyQuote_NamesTheHostsService()
    {
        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(
            () => Open(new EmulatedTsm("tdx_guest", _ => []), attempts: 1).GetAsync(Data, default).AsTask());

        Assert.Contains("quote generation service", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("make", ErrorNumber.Busy)]
    [InlineData("write inblob", ErrorNumber.Busy)]
    [InlineData("read outblob", ErrorNumber.Busy)]
    [InlineData("read outblob", ErrorNumber.Interrupted)]
    [InlineData("read outblob", ErrorNumber.TimedOut)]
    [InlineData("read outblob", ErrorNumber.TryAgain)]
    [InlineData("read generation", ErrorNumber.Interrupted)]
    public async Task PassingError_IsTriedAgain(string step, int error)
    {
        var tree = Tdx();
        var provider = Open(tree);
        tree.Failing(step, error);

        var evidence = await provider.GetAsync(Data, default);

        Assert.Equal(Data, evidence.Evidence.Slice(568, 64).ToArray());
        Assert.Empty(tree.Names);
    }

    [Theory]
    [InlineData("make", ErrorNumber.NoDeviceOrAddress, "no TEE driver")]
    [InlineData("make", ErrorNumber.AccessDenied, "root")]
    [InlineData("read outblob", ErrorNumber.NotATypewriter, "restart the guest")]
    [InlineData("read outblob", ErrorNumber.InputOutput, "kernel's log")]
    [InlineData("write inblob", ErrorNumber.Invalid, "64 bytes")]
    public async Task LastingError_IsNotTriedAgain_AndExplained(string step, int error, string expected)
    {
        var tree = Tdx();
        var provider = Open(tree);
        tree.Failing(step, error);

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => provider.GetAsync(Data, default).AsTask());

        Assert.False(failure.IsTransient);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Empty(tree.Names);
    }

    [Fact]
    public async Task ErrorThatDoesNotPass_EndsAfterTheAttempts()
    {
        var tree = Tdx();
        var provider = Open(tree, attempts: 3);
        for (var i = 0; i < 3; i++)
        {
            tree.Failing("read outblob", ErrorNumber.TimedOut);
        }

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => provider.GetAsync(Data, default).AsTask());

        Assert.True(failure.IsTransient);
        Assert.Contains("3 tries", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrivilegeLevel_IsWritten_AndCountedInTheGeneration()
    {
        var tree = Snp();

        await Open(tree, new TsmReportOptions { PrivilegeLevel = 2, FirstDelay = TimeSpan.Zero }).GetAsync(Data, default);

        Assert.Equal(["privlevel=2", "inblob=…"], tree.Writes);
        Assert.Equal(2, tree.Made);
    }

    [Fact]
    public async Task PrivilegeLevelBelowTheGuests_IsRefused_BeforeTheKernelIsAsked()
    {
        var tree = new EmulatedTsm("sev_guest", SimulatedGuests.SnpReport) { PrivilegeFloor = 2 };

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(
            () => Open(tree, new TsmReportOptions { PrivilegeLevel = 1 }).GetAsync(Data, default).AsTask());

        Assert.Contains("VMPL 2", failure.Message, StringComparison.Ordinal);
        Assert.Empty(tree.Writes);
    }

    [Fact]
    public async Task ServiceManifest_IsReadAlong()
    {
        var tree = new EmulatedTsm("sev_guest", SimulatedGuests.SnpReport) { Manifest = [1, 2, 3] };
        var service = new Guid("c476f1eb-0123-45a5-9641-b4e7dde5bfe3");

        var options = new TsmReportOptions { ServiceProvider = "svsm", ServiceGuid = service, ServiceManifestVersion = 1 };
        var evidence = await Open(tree, options).GetAsync(Data, default);

        Assert.Equal([1, 2, 3], evidence.Manifest.ToArray());
        Assert.Equal(
            ["service_provider=svsm", "service_guid=c476f1eb-0123-45a5-9641-b4e7dde5bfe3", "service_manifest_version=1", "inblob=…"],
            tree.Writes);
    }

    [Fact]
    public void AtStart_RemovesWhatDeadProgramsLeft_AndNothingElse()
    {
        var tree = Tdx();
        tree.Leave("casemate-0011223344556677", inUse: false);
        tree.Leave("casemate-8899aabbccddeeff", inUse: true);
        tree.Leave("report0", inUse: false);

        Open(tree);

        Assert.Equal(["casemate-8899aabbccddeeff", "report0"], tree.Names.Order());
    }

    [Theory]
    [InlineData("list", ErrorNumber.NoEntry, "6.7")]
    [InlineData("list", ErrorNumber.AccessDenied, "cannot be read")]
    [InlineData("make", ErrorNumber.NoDeviceOrAddress, "no TEE driver")]
    [InlineData("read provider", ErrorNumber.InputOutput, "provider")]
    public void MachineWithoutReports_IsSaidToBeOne(string step, int error, string expected)
    {
        var opened = TsmReportProvider.TryOpen(Tdx().Failing(step, error), new TsmReportOptions(), out var provider, out var problem);

        Assert.False(opened);
        Assert.Null(provider);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownProvider_IsNamed_WithoutItsControlCharacters()
    {
        TsmReportProvider.TryOpen(new EmulatedTsm("arm\u001b_cca", _ => []), new TsmReportOptions(), out _, out var problem);

        Assert.Contains("'arm?_cca'", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReportDataOfAnotherSize_AreTheCallersMistake() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Open(Tdx()).GetAsync(new byte[32], default).AsTask());

    private static EmulatedTsm Tdx() => new("tdx_guest", SimulatedGuests.Quote);

    private static EmulatedTsm Snp() => new("sev_guest", SimulatedGuests.SnpReport) { AuxBlob = SimulatedGuests.CertificateTable };

    private static TsmReportProvider Open(EmulatedTsm tree, int attempts = 5) =>
        Open(tree, new TsmReportOptions { Attempts = attempts, FirstDelay = TimeSpan.Zero });

    private static TsmReportProvider Open(EmulatedTsm tree, TsmReportOptions options)
    {
        Assert.True(TsmReportProvider.TryOpen(tree, options, out var provider, out var problem), problem);
        return provider;
    }
}
