using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <summary>Counters of the collateral service. Labels come from closed sets; <c>fmspc</c> names platform families, never
/// machines.</summary>
public sealed class CollateralMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Collateral";

    private const int MaximumSeries = 256;

    private readonly Counter<long> _lookups;
    private readonly Counter<long> _fetches;
    private readonly Counter<long> _problems;
    private readonly Histogram<double> _latency;
    private readonly ConcurrentDictionary<CollateralKey, DateTimeOffset> _ends = new();

    /// <summary>Makes the instruments of one service.</summary>
    /// <param name="time">The clock.</param>
    public CollateralMetrics(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _lookups = Meter.CreateCounter<long>(
            "casemate_collateral_lookups_total", "{lookup}", "Questions by kind of collateral and by how they ended (hit, miss, stale, none).");
        _fetches = Meter.CreateCounter<long>(
            "casemate_collateral_fetch_total", "{fetch}", "Requests to upstreams, by host and result.");
        _problems = Meter.CreateCounter<long>(
            "casemate_collateral_problems_total", "{problem}", "Answers that did not verify, damaged entries, and entries that could not be written.");
        _latency = Meter.CreateHistogram<double>(
            "casemate_collateral_fetch_duration_seconds", "s", "How long upstreams take to answer, by host.");
        Meter.CreateObservableGauge(
            "casemate_collateral_expiry_timestamp_seconds", () => Ends((end, _) => end.ToUnixTimeSeconds()), "s",
            "When collateral ends, as seconds since 1970, by type and platform family.");
        Meter.CreateObservableGauge(
            "casemate_collateral_days_to_expiry", () => Ends((end, now) => (end - now).TotalDays, time), "d",
            "Days until collateral ends, negative when it is past its end, by type and platform family.");
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>Ends the meter: collectors forget it.</summary>
    public void Dispose() => Meter.Dispose();

    internal void CountLookup(CollateralKey key, string result) => _lookups.Add(1, Type(key), new("result", result));

    internal void CountFetch(string host, UpstreamStatus status, TimeSpan elapsed)
    {
        _fetches.Add(1, new KeyValuePair<string, object?>("source", host), new("result", status.ToString()));
        _latency.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("source", host));
    }

    internal void CountProblem(CollateralKey key, string problem) => _problems.Add(1, Type(key), new("problem", problem));

    // What is one per machine has no gauge of its own: there would be as many series as machines.
    internal void SetEnd(CollateralKey key, DateTimeOffset? end)
    {
        var perMachine =
            key.Kind is CollateralKind.PckCertificates or CollateralKind.PckCertificate or CollateralKind.Vcek or CollateralKind.Vlek;
        if (end is { } value && !perMachine && (_ends.Count < MaximumSeries || _ends.ContainsKey(key)))
        {
            _ends[key] = value;
        }
    }

    private static KeyValuePair<string, object?> Type(CollateralKey key) => new("type", CollateralKey.Folder(key.Kind));

    private IEnumerable<Measurement<double>> Ends(Func<DateTimeOffset, DateTimeOffset, double> value, TimeProvider? time = null)
    {
        var now = time?.GetUtcNow() ?? default;
        return _ends.Select(entry => new Measurement<double>(
            value(entry.Value, now), Type(entry.Key), new("fmspc", entry.Key.Fmspc), new("name", entry.Key.ToString())));
    }
}
