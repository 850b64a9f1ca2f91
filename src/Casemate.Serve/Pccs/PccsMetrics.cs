using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Casemate.Serve.Pccs;

/// <summary>What the collateral service counts at its door. Labels are members of closed sets: a route, a status, a state.</summary>
internal sealed class PccsMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Serve.Pccs";

    private static readonly double[] Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;
    private readonly ConcurrentDictionary<(PccsRoute, int), KeyValuePair<string, object?>[]> _labels = new();

    /// <summary>Makes the instruments.</summary>
    /// <param name="registrations">How many machines wait, by state.</param>
    public PccsMetrics(Func<(int Waiting, int NotAvailable)> registrations)
    {
        _requests = Meter.CreateCounter<long>("casemate_pccs_requests_total", "{request}", "Requests, by route and status.");
        _durations = Meter.CreateHistogram(
            "casemate_pccs_request_duration_seconds", "s", "Time from the request's headers to the end of the answer, by route.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets });
        Meter.CreateObservableGauge(
            "casemate_pccs_unregistered_platforms", () => States(registrations()), "{platform}",
            "Machines that registered and whose certificates are not here (reg), or only for some TCBs (reg_na).");
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>Counts a request.</summary>
    public void Count(PccsRoute route, int status, TimeSpan duration)
    {
        var labels = _labels.GetOrAdd((route, status), static key =>
        [
            new("route", NameOf(key.Item1)), new("status", key.Item2.ToString(CultureInfo.InvariantCulture)),
        ]);
        _requests.Add(1, labels);
        _durations.Record(duration.TotalSeconds, labels[0]);
    }

    /// <summary>Ends the meter.</summary>
    public void Dispose() => Meter.Dispose();

    private static Measurement<int>[] States((int Waiting, int NotAvailable) counts) =>
        [new(counts.Waiting, new KeyValuePair<string, object?>("state", "reg")),
            new(counts.NotAvailable, new KeyValuePair<string, object?>("state", "reg_na"))];

    private static string NameOf(PccsRoute route) => route switch
    {
        PccsRoute.Unknown => "unknown",
        PccsRoute.PckCertificate => "pckcert",
        PccsRoute.PckCrl => "pckcrl",
        PccsRoute.Tcb => "tcb",
        PccsRoute.QeIdentity => "qe-identity",
        PccsRoute.QveIdentity => "qve-identity",
        PccsRoute.RootCaCrl => "rootcacrl",
        PccsRoute.Crl => "crl",
        PccsRoute.Platforms => "platforms",
        PccsRoute.PlatformCollateral => "platformcollateral",
        PccsRoute.Refresh => "refresh",
        PccsRoute.AppraisalPolicy => "appraisalpolicy",
        PccsRoute.TcbEvaluationNumbers => "tcbevaluationdatanumbers",
        PccsRoute.Fmspcs => "fmspcs",
        PccsRoute.Kds => "kds",
        PccsRoute.Health => "healthz",
        PccsRoute.Ready => "readyz",
        PccsRoute.Metrics => "metrics",
        _ => throw new ArgumentOutOfRangeException(nameof(route), route, "Not a route."),
    };
}
