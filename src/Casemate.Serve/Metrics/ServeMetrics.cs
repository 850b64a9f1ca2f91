using System.Diagnostics.Metrics;
using System.Globalization;

namespace Casemate.Serve.Metrics;

/// <summary>What the HTTP service counts. Labels are members of closed sets: a route, a status.</summary>
internal sealed class ServeMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Serve";

    private static readonly double[] Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;

    /// <summary>Makes the instruments.</summary>
    /// <param name="sessions">How many sessions the broker holds.</param>
    public ServeMetrics(Func<int> sessions)
    {
        _requests = Meter.CreateCounter<long>("kbs_http_requests_total", "{request}", "HTTP requests, by route and status.");
        _durations = Meter.CreateHistogram(
            "kbs_http_request_duration_seconds", "s", "Time from the request's headers to the end of the answer, by route.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets });
        Meter.CreateObservableGauge("kbs_sessions", () => sessions(), "{session}", "Handshakes and attested sessions held in memory.");
        Meter.CreateObservableGauge(
            "process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Resident memory of the process.");
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>Counts a request.</summary>
    public void Count(HttpRoute route, int status, TimeSpan duration)
    {
        var label = new KeyValuePair<string, object?>("route", NameOf(route));
        _requests.Add(1, label, new KeyValuePair<string, object?>("status", status.ToString(CultureInfo.InvariantCulture)));
        _durations.Record(duration.TotalSeconds, label);
    }

    /// <summary>Ends the meter.</summary>
    public void Dispose() => Meter.Dispose();

    private static string NameOf(HttpRoute route) => route switch
    {
        HttpRoute.Unknown => "unknown",
        HttpRoute.Auth => "auth",
        HttpRoute.Attest => "attest",
        HttpRoute.Resource => "resource",
        HttpRoute.UnknownPlugin => "unknown-plugin",
        HttpRoute.Jwks => "jwks",
        HttpRoute.Health => "healthz",
        HttpRoute.Ready => "readyz",
        HttpRoute.Metrics => "metrics",
        _ => throw new ArgumentOutOfRangeException(nameof(route), route, "Not a route."),
    };
}
