using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Casemate.Attestation;

namespace Casemate.Quoting.Service;

/// <summary>
/// What the quote helper counts. Labels are members of closed sets, but for the namespace, of which the first hundred have a value of
/// their own; the later ones share <c>other</c>, and peers without one are <c>unknown</c>.
/// </summary>
public sealed class QuoteMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Quoting";

    private const int MaximumNamespaces = 100;

    private static readonly double[] s_buckets =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly ConcurrentDictionary<string, string> _namespaces = new(StringComparer.Ordinal);
    private readonly Counter<long> _requests;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _unidentified;
    private readonly Counter<long> _initialisations;
    private readonly Counter<long> _unrecorded;
    private readonly Histogram<double> _waits;
    private readonly Histogram<double> _durations;

    /// <summary>Makes the instruments.</summary>
    public QuoteMetrics()
    {
        _requests = Meter.CreateCounter<long>(
            "casemate_quote_requests_total", "{request}", "Requests, by TEE, protocol, type, result and namespace.");
        _refusals = Meter.CreateCounter<long>(
            "casemate_quote_refusals_total", "{request}", "Quote requests that the service refused by itself, by reason and namespace.");
        _unidentified = Meter.CreateCounter<long>(
            "casemate_quote_unidentified_peers_total", "{request}", "Quote requests of peers whose pod is not known.");
        _initialisations = Meter.CreateCounter<long>(
            "casemate_quote_key_initialisations_total", "{initialisation}", "Makings of the attestation key, by result.");
        _unrecorded = Meter.CreateCounter<long>(
            "casemate_quote_audit_failures_total", "{record}", "Quote requests that could not be recorded.");
        _waits = Histogram("casemate_quote_queue_wait_seconds", "Time that quote requests waited for their turn.");
        _durations = Histogram("casemate_quote_duration_seconds", "Time that the back end took for a quote, by TEE and result.");
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>Counts a request of any type; protocol servers call it for every answer.</summary>
    /// <param name="tee">What is quoted: <c>sgx</c>, <c>tdx</c>, <c>snp</c>.</param>
    /// <param name="protocol">How it came: <c>aesm</c>, <c>qgs</c>, <c>evidence</c>.</param>
    /// <param name="type">The name of the request in its protocol; a member of a closed set.</param>
    /// <param name="peer">Who asked.</param>
    /// <param name="error">What was answered.</param>
    public void CountRequest(string tee, string protocol, string type, Peer peer, AesmError error) =>
        CountRequest(tee, protocol, type, peer, error.ToString());

    /// <summary>Counts a request of a protocol with results of its own.</summary>
    /// <param name="tee">What is quoted: <c>sgx</c>, <c>tdx</c>, <c>snp</c>.</param>
    /// <param name="protocol">How it came: <c>aesm</c>, <c>qgs</c>, <c>evidence</c>.</param>
    /// <param name="type">The name of the request in its protocol; a member of a closed set.</param>
    /// <param name="peer">Who asked.</param>
    /// <param name="result">What was answered; a member of a closed set.</param>
    public void CountRequest(string tee, string protocol, string type, Peer peer, string result)
    {
        ArgumentNullException.ThrowIfNull(peer);
        _requests.Add(1, [
            new("tee", tee), new("protocol", protocol), new("type", type), new("result", result), new("namespace", NamespaceOf(peer))]);
    }

    /// <summary>Records how long a back end took.</summary>
    /// <param name="tee">What was quoted.</param>
    /// <param name="worked">How long.</param>
    /// <param name="result">How it ended; a member of a closed set.</param>
    public void RecordDuration(Tee tee, TimeSpan worked, string result) =>
        _durations.Record(worked.TotalSeconds, new KeyValuePair<string, object?>("tee", NameOf(tee)), new("result", result));

    /// <summary>Counts a quote that could not be recorded.</summary>
    public void CountUnrecorded() => _unrecorded.Add(1);

    /// <summary>Ends the meter.</summary>
    public void Dispose() => Meter.Dispose();

    internal void Observe(Func<int> waiting, Func<bool> ready, Func<double?> keyAge, Func<DateTimeOffset?> certificateExpiry)
    {
        Meter.CreateObservableGauge("casemate_quote_queue_depth", waiting, "{request}", "Quote requests that wait for their turn.");
        Meter.CreateObservableGauge("casemate_quote_ready", () => ready() ? 1 : 0, "1", "1 when quotes can be made, else 0.");
        Meter.CreateObservableGauge(
            "casemate_quote_key_age_seconds",
            () => keyAge() is { } age ? [new Measurement<double>(age)] : Array.Empty<Measurement<double>>(),
            "s", "Time since this process had the attestation key made and certified.");
        Meter.CreateObservableGauge(
            "casemate_quote_certificate_expiry_timestamp_seconds",
            () => certificateExpiry() is { } end ? [new Measurement<long>(end.ToUnixTimeSeconds())] : Array.Empty<Measurement<long>>(),
            "s", "When the first certificate of the quotes' chain ends, in seconds since 1970.");
    }

    internal void CountRefusal(QuoteRefusal refusal, Peer peer) =>
        _refusals.Add(1, new KeyValuePair<string, object?>("reason", refusal.ToString()), new("namespace", NamespaceOf(peer)));

    internal void CountUnidentified() => _unidentified.Add(1);

    internal void CountInitialisation(AesmError error) =>
        _initialisations.Add(1, new KeyValuePair<string, object?>("result", error.ToString()));

    internal void RecordWait(TimeSpan waited) => _waits.Record(waited.TotalSeconds);

    internal void RecordDuration(Tee tee, TimeSpan worked, AesmError error) => RecordDuration(tee, worked, error.ToString());

    private Histogram<double> Histogram(string name, string description) =>
        Meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_buckets });

    private static string NameOf(Tee tee) => tee switch
    {
        Tee.Sgx => "sgx",
        Tee.Tdx => "tdx",
        Tee.Snp => "snp",
        _ => throw new ArgumentOutOfRangeException(nameof(tee), tee, "Not a kind of hardware."),
    };

    private string NamespaceOf(Peer peer)
    {
        if (peer.Namespace is not { Length: > 0 } name)
        {
            return "unknown";
        }

        return _namespaces.ContainsKey(name) || (_namespaces.Count < MaximumNamespaces && _namespaces.TryAdd(name, name)) ? name : "other";
    }
}
