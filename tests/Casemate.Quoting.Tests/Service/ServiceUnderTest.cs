using System.Collections.Concurrent;
using Casemate.Primitives.Sockets;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Service;

/// <summary>A service on a scripted back end, with a clock that stands still, and everything that it tells.</summary>
internal sealed class ServiceUnderTest : IQuoteServiceEvents, IQuoteAudit, IAsyncDisposable
{
    public ServiceUnderTest(QuoteServiceOptions? options = null, int concurrency = 1)
    {
        Provider = new ScriptedProvider(concurrency);
        Service = new QuoteService(Provider, options ?? new QuoteServiceOptions(), Time, this, Metrics, this);
    }

    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    public ScriptedProvider Provider { get; }

    public QuoteMetrics Metrics { get; } = new();

    public QuoteService Service { get; }

    public ConcurrentQueue<QuoteAuditRecord> Records { get; } = new();

    public ConcurrentQueue<(string Event, object? Detail)> Events { get; } = new();

    public Func<Exception?>? AuditFault { get; set; }

    public static Peer Pod(string name, string ns = "team") => new(new PeerCredential(4711, 1000, 1000), "/run/aesm.socket")
    {
        Identification = PeerIdentification.ControlGroup,
        PodUid = "uid-" + name,
        Namespace = ns,
        PodName = name,
    };

    public static Peer Stranger(int pid = 0) => new(new PeerCredential(pid, 0, 0), "/run/aesm.socket");

    public static QuoteRequest Report(byte mark = 1)
    {
        var report = new byte[QuoteRequest.ReportSize];
        report[0] = mark;
        return new QuoteRequest(report, default);
    }

    public async Task<QuoteService> ReadyAsync()
    {
        var outcome = await Service.InitialiseAsync(Stranger(), null, TestContext.Current.CancellationToken);
        Assert.Equal(AesmError.Success, outcome.Error);
        return Service;
    }

    public Task<QuoteOutcome> Ask(Peer peer, byte mark = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Service.QuoteAsync(peer, Report(mark), timeout, cancellationToken).AsTask();

    public IEnumerable<object?> Told(string name) => Events.Where(e => e.Event == name).Select(e => e.Detail);

    public void EvidenceAvailable(string provider, TimeSpan elapsed) => Events.Enqueue(("evidence", provider));

    public void EvidenceUnavailable(string provider, QuoteProviderException failure, TimeSpan pause) =>
        Events.Enqueue(("no evidence", failure));

    public void Quoted(Peer peer, TimeSpan waited, TimeSpan worked, int bytes) => Events.Enqueue(("quoted", peer));

    public void Refused(Peer peer, QuoteRefusal refusal, AesmError error) => Events.Enqueue(("refused", refusal));

    public void Failed(Peer peer, QuoteProviderException failure) => Events.Enqueue(("failed", failure));

    public void Initialised(string provider, TimeSpan elapsed) => Events.Enqueue(("initialised", provider));

    public void InitialisationFailed(string provider, QuoteProviderException failure, TimeSpan? pause) =>
        Events.Enqueue(("initialisation failed", pause));

    void IQuoteServiceEvents.ReadinessChanged(bool ready) => Events.Enqueue(("ready", ready));

    public void NotRecorded(Peer peer, Exception cause, bool withheld) => Events.Enqueue(("not recorded", withheld));

    public void BackendHung(string provider, int hung) => Events.Enqueue(("hung", hung));

    public void LateAnswer(string provider, Exception? failure) => Events.Enqueue(("late", failure));

    public ValueTask RecordAsync(QuoteAuditRecord record, CancellationToken cancellationToken)
    {
        if (AuditFault?.Invoke() is { } fault)
        {
            throw fault;
        }

        Records.Enqueue(record);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        while (Provider.Calls.TryDequeue(out var call))
        {
            call.Result.TrySetCanceled();
        }

        var stopping = Service.StopAsync();
        Time.Advance(TimeSpan.FromMinutes(2));
        while (Provider.Calls.TryDequeue(out var call))
        {
            call.Result.TrySetCanceled();
        }

        await stopping;
        Metrics.Dispose();
    }
}
