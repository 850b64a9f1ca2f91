using System.Collections.Concurrent;
using Casemate.Attestation;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Tests.Guests;
using Casemate.Quoting.Tests.Tsm;
using Casemate.Quoting.Tsm;
using Casemate.Testing;
using static Casemate.Quoting.Tests.Aesm.RawClient;

namespace Casemate.Quoting.Tests.Service;

/// <summary>The service on a confidential guest without SGX, whose kernel is the emulated one of the tests of configfs-tsm.</summary>
public sealed class NoEnclaveTests : IAsyncLifetime
{
    private static readonly Peer s_pod = ServiceUnderTest.Pod("a");

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly QuoteMetrics _metrics = new();
    private readonly Records _records = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        _metrics.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(19)]
    [InlineData(21)]
    [InlineData(22)]
    public async Task EveryQuestionForQuotes_IsToldThatThereIsNoDevice(int type)
    {
        var (service, _) = Serve("tdx_guest", SimulatedGuests.Quote);
        await using var stop = service;
        await using var server = new AesmServer(service, new AesmServerOptions(), _time);
        server.Listen(_directory.File("aesm.socket"));
        using var client = Connect(_directory.File("aesm.socket"));

        byte[] fields = type switch
        {
            15 => Field(3, 0),
            17 => [.. Field(1, new byte[432]), .. Field(4, 8192)],
            22 => Field(1, 256),
            _ => Field(9, 15000),
        };
        await client.SendAsync(Frame(type, fields));

        Assert.Equal(Frame(type, Field(1, (ulong)AesmError.NoDevice))[4..], await client.ReceiveAsync());
    }

    [Fact]
    public async Task EvidenceOfATd_GoesThroughQueueAndRecord()
    {
        var (service, source) = Serve("tdx_guest", SimulatedGuests.Quote);
        await using var stop = service;

        var made = await service.MakeEvidenceAsync(s_pod, source, SimulatedGuests.ReportData, null, Ct);

        Assert.Equal(AesmError.Success, made.Error);
        Assert.Equal(SimulatedGuests.Quote(SimulatedGuests.ReportData).Length, made.Answer!.Quote.Length);
        var record = Assert.Single(_records.All);
        Assert.Equal((Tee.Tdx, "tsm", false), (record.Tee, record.Provider, record.Simulated));
    }

    [Fact]
    public async Task EvidenceOfAnSnpGuest_BringsTheCertificatesOfItsHost()
    {
        var (service, source) = Serve("sev_guest", SimulatedGuests.SnpReport, SimulatedGuests.CertificateTable);
        await using var stop = service;

        var made = await service.MakeEvidenceAsync(s_pod, source, SimulatedGuests.ReportData, null, Ct);

        Assert.Equal(SimulatedGuests.CertificateTable, made.Answer!.CertificateTable.ToArray());
    }

    [Fact]
    public async Task IsReady_OnceEvidenceWasMade()
    {
        var (service, _) = Serve("tdx_guest", SimulatedGuests.Quote);
        await using var stop = service;
        var ready = new TaskCompletionSource();
        service.ReadinessChanged += now => ready.TrySetResult();
        Assert.False(service.IsReady);

        service.Start();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.True(service.IsReady);
        Assert.Null(service.KeyAge);
        Assert.Null(service.Target);
        Assert.Empty(_records.All);
    }

    [Fact]
    public async Task IsNotReady_WhileTheHardwareRefuses_AndTriesAgain()
    {
        var tsm = new EmulatedTsm("tdx_guest", SimulatedGuests.Quote).Failing("read outblob", 5);
        var (service, _) = Serve(tsm);
        await using var stop = service;
        var (failed, ready) = (new TaskCompletionSource(), new TaskCompletionSource());
        service.ReadinessChanged += now => ready.TrySetResult();
        _records.Unavailable = failed.SetResult;

        service.Start();
        await failed.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.False(service.IsReady);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!ready.Task.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True(service.IsReady);
    }

    private (QuoteService Service, NodeEvidenceSource Source) Serve(string kind, Func<byte[], byte[]> report, byte[]? table = null) =>
        Serve(new EmulatedTsm(kind, report) { AuxBlob = table });

    private (QuoteService Service, NodeEvidenceSource Source) Serve(EmulatedTsm tsm)
    {
        Assert.True(TsmReportProvider.TryOpen(tsm, new TsmReportOptions { Attempts = 1 }, out var guest, out var problem), problem);
        var source = NodeEvidenceSource.Of(guest);
        return (new QuoteService(new NoEnclaveProvider(source, 2), new QuoteServiceOptions(), _time, _records, _metrics, _records), source);
    }

    private sealed class Records : IQuoteAudit, IQuoteServiceEvents
    {
        public ConcurrentQueue<QuoteAuditRecord> All { get; } = new();

        public Action? Unavailable { get; set; }

        public ValueTask RecordAsync(QuoteAuditRecord record, CancellationToken cancellationToken)
        {
            All.Enqueue(record);
            return ValueTask.CompletedTask;
        }

        public void EvidenceAvailable(string provider, TimeSpan elapsed) => Assert.Equal("tsm", provider);

        public void EvidenceUnavailable(string provider, QuoteProviderException failure, TimeSpan pause) => Unavailable?.Invoke();

        public void Quoted(Peer peer, TimeSpan waited, TimeSpan worked, int bytes)
        {
        }

        public void Refused(Peer peer, QuoteRefusal refusal, AesmError error)
        {
        }

        public void Failed(Peer peer, QuoteProviderException failure)
        {
        }

        public void Initialised(string provider, TimeSpan elapsed) => Assert.Fail("there is no key");

        public void InitialisationFailed(string provider, QuoteProviderException failure, TimeSpan? pause) => Assert.Fail("there is no key");

        public void ReadinessChanged(bool ready)
        {
        }

        public void NotRecorded(Peer peer, Exception cause, bool withheld)
        {
        }

        public void BackendHung(string provider, int hung)
        {
        }

        public void LateAnswer(string provider, Exception? failure)
        {
        }
    }
}
