using Casemate.Quoting.Devices;
using Casemate.Quoting.Tests.Guests;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Devices;

/// <summary>Quotes of a TD: the report from the device, the quote from a quote generation service.</summary>
public sealed class TdxGuestDeviceTests
{
    private static readonly byte[] Data = SimulatedGuests.ReportData;

    [Fact]
    public async Task GetsAQuote_OfTheReportOfTheDevice()
    {
        await using var service = new QuoteGenerationStandIn(request =>
        {
            Assert.Equal([1, 0, 1, 0, 0, 0, 0, 0, 0x18, 4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0], request[..24]);
            Assert.True(SimulatedGuests.Platform.Dcap.AcceptsTdReport(request.AsSpan(24)));
            return QuoteGenerationStandIn.Answer([], SimulatedGuests.Platform.Dcap.QuoteTd(request.AsSpan(24)));
        });

        var evidence = await Open(service.Path).GetAsync(Data, default);

        Assert.Equal(SimulatedGuests.Quote(Data)[..632], evidence.Evidence[..632].ToArray());
    }

    [Fact]
    public async Task SelectedKeyId_InTheAnswer_IsPassedOver()
    {
        await using var service = new QuoteGenerationStandIn(_ => QuoteGenerationStandIn.Answer(new byte[16], SimulatedGuests.Quote(Data)));

        var evidence = await Open(service.Path).GetAsync(Data, default);

        Assert.Equal(4, evidence.Evidence.Span[0]);
    }

    [Theory]
    [InlineData(0x12001u, true)]
    [InlineData(0x12003u, false)]
    [InlineData(0xE011u, false)]
    public async Task ErrorOfTheService_IsExplained(uint code, bool transient)
    {
        await using var service = new QuoteGenerationStandIn(_ => QuoteGenerationStandIn.Answer([], [], code));

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(service.Path).GetAsync(Data, default).AsTask());

        Assert.Equal(transient, failure.IsTransient);
        Assert.Contains($"0x{code:X}", failure.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> HostileAnswers => new()
    {
        { "closed the connection", [] },
        { "closed the connection", QuoteGenerationStandIn.Answer([], [1, 2, 3])[..20] },
        { "announced a message of 4294967295 bytes", [0xFF, 0xFF, 0xFF, 0xFF] },
        { "announced a message of 15 bytes", [0, 0, 0, 15, .. new byte[15]] },
        { "version 0", [0, 0, 0, 24, .. new byte[24]] },
        { "too few", Patched(new byte[] { 0, 0, 0, 16, 1, 0, 1, 0, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0 }, 0, 0) },
        { "sizes of 255", Patched(QuoteGenerationStandIn.Answer([], [1, 2, 3]), 4 + 16, 0xFF) },
        { "sizes of 0 and 255", Patched(QuoteGenerationStandIn.Answer([], [1, 2, 3]), 4 + 20, 0xFF) },
        { "type 9", Patched(QuoteGenerationStandIn.Answer([], [1, 2, 3]), 4 + 4, 9) },
        { "no quote (", QuoteGenerationStandIn.Answer([], [1, 2, 3]) },
        { "not those that were asked for", QuoteGenerationStandIn.Answer([], SimulatedGuests.Quote(new byte[64])) },
    };

    [Theory]
    [MemberData(nameof(HostileAnswers))]
    public async Task HostileAnswer_IsRefused_WithAReason(string expected, byte[] answer)
    {
        await using var service = new QuoteGenerationStandIn(_ => answer);

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => Open(service.Path).GetAsync(Data, default).AsTask());

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServiceThatDoesNotAnswer_IsGivenUp()
    {
        await using var service = new QuoteGenerationStandIn(_ => null);
        var time = new ManualTimeProvider(SimulatedGuests.Now);

        var asking = Open(service.Path, time).GetAsync(Data, default).AsTask();
        await service.Asked.Task;
        time.Advance(TimeSpan.FromSeconds(31));

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => asking);
        Assert.True(failure.IsTransient);
        Assert.Contains("30 seconds", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingService_IsNamed()
    {
        using var directory = new TemporaryDirectory();

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(
            () => Open(directory.File("qgs.socket")).GetAsync(Data, default).AsTask());

        Assert.Contains("qgs.socket cannot be reached", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingVsock_IsAnError_AndNoCrash()
    {
        // Context id 1 is this machine itself; nobody listens at this port, where the kernel has vsocks at all.
        var client = new QuoteGenerationClient(QuoteGenerationEndpoint.Vsock(1, 64050));

        var failure = await Assert.ThrowsAsync<EvidenceProviderException>(() => client.QuoteAsync(new byte[1024], default).AsTask());

        Assert.Contains("vsock:1:64050", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsTransient);
    }

    [Theory]
    [InlineData(ErrorNumber.InputOutput, false, "TDX module")]
    [InlineData(ErrorNumber.NotATypewriter, false, "6.2")]
    [InlineData(ErrorNumber.Interrupted, true, "busy")]
    public void ErrorsOfTheDriver_AreExplained(int error, bool transient, string expected)
    {
        var device = Device();
        device.Failures.Enqueue((error, 0));
        TdxGuestDeviceProvider.TryOpen(device, null, Client("/nowhere"), out var provider, out _);

        var failure = Assert.Throws<EvidenceProviderException>(() => provider!.TdReport(Data));

        Assert.Equal(transient, failure.IsTransient);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingDevice_SaysWhy()
    {
        var device = new EmulatedGuestDevice { OpenError = ErrorNumber.NoEntry };

        Assert.False(TdxGuestDeviceProvider.TryOpen(device, null, Client("/nowhere"), out _, out var problem));
        Assert.Contains("/dev/tdx_guest does not exist", problem, StringComparison.Ordinal);
    }

    private static byte[] Patched(byte[] bytes, int offset, byte value)
    {
        bytes[offset] = value;
        return bytes;
    }

    private static EmulatedGuestDevice Device() =>
        new() { Report = data => SimulatedGuests.Platform.Dcap.TdReport(SimulatedGuests.Td, data) };

    private static QuoteGenerationClient Client(string path, TimeProvider? time = null) =>
        new(QuoteGenerationEndpoint.Unix(path), time: time);

    private static TdxGuestDeviceProvider Open(string service, TimeProvider? time = null)
    {
        Assert.True(TdxGuestDeviceProvider.TryOpen(Device(), null, Client(service, time), out var provider, out var problem), problem);
        return provider;
    }
}
