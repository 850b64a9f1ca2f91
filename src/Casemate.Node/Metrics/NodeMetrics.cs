using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Casemate.Node.Enforcement;

namespace Casemate.Node.Metrics;

/// <summary>
/// What the node agent counts. Labels are resource names and members of closed sets, so that each metric's series are bounded; the
/// description of each says by what. What is read when somebody collects is in the other part.
/// </summary>
internal sealed partial class NodeMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Node";

    private static readonly double[] StartupBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
    private static readonly double[] ClaimBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45];

    private readonly Counter<long> _registrations;
    private readonly Counter<long> _allocations;
    private readonly Counter<long> _epcLimits;
    private readonly Histogram<double> _startup;
    private readonly Histogram<double> _prepare;
    private readonly Histogram<double> _unprepare;
    private readonly ConcurrentDictionary<string, bool> _phasesSeen = new(StringComparer.Ordinal);
    private readonly bool _ownsMeter;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meter">Where they are made, which its holder lets go of; null: a meter of their own.</param>
    public NodeMetrics(Meter? meter = null)
    {
        _ownsMeter = meter is null;
        Meter = meter ?? new Meter(MeterName);
        _registrations = Meter.CreateCounter<long>(
            "casemate_device_plugin_registrations_total", "{registration}",
            "Registrations with the kubelet, by resource and result (ok, failed); 6 resources at most.");
        _allocations = Meter.CreateCounter<long>(
            "casemate_device_plugin_allocations_total", "{allocation}",
            "Allocations that the kubelet asked for, by resource and result (ok, refused); 6 resources at most.");
        _epcLimits = Meter.CreateCounter<long>(
            "casemate_node_epc_limits_total", "{container}", "Containers whose EPC limit was asked for through NRI, by result.");
        _startup = Meter.CreateHistogram(
            "casemate_node_startup_seconds", "s",
            "Time from the start of the agent to the end of a phase: ready, plugin, attested, untainted.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = StartupBuckets });
        _prepare = Claims("casemate_dra_prepare_seconds", "make a claim ready");
        _unprepare = Claims("casemate_dra_unprepare_seconds", "release a claim");
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; }

    /// <summary>Counts a registration.</summary>
    public void CountRegistration(string resource, bool succeeded) => Count(_registrations, resource, succeeded ? "ok" : "failed");

    /// <summary>Counts an allocation.</summary>
    public void CountAllocation(string resource, bool succeeded) => Count(_allocations, resource, succeeded ? "ok" : "refused");

    /// <summary>Counts a claim that was to be made ready.</summary>
    public void CountPrepare(ClaimResult result, TimeSpan duration) => Record(_prepare, result, duration);

    /// <summary>Counts a claim that was to be released.</summary>
    public void CountUnprepare(ClaimResult result, TimeSpan duration) => Record(_unprepare, result, duration);

    /// <summary>Counts a container whose EPC limit was asked for.</summary>
    public void CountEpcLimit(EpcLimitOutcome outcome) => _epcLimits.Add(
        1, new KeyValuePair<string, object?>("result", outcome switch
        {
            EpcLimitOutcome.Set => "set",
            EpcLimitOutcome.Restored => "restored",
            EpcLimitOutcome.Unknown => "unknown",
            EpcLimitOutcome.Refused => "refused",
            EpcLimitOutcome.Failed => "failed",
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "no such result"),
        }));

    /// <summary>Notes how long a phase of the start took; only the first end of each phase counts.</summary>
    public void NoteStartup(string phase, TimeSpan duration)
    {
        if (_phasesSeen.TryAdd(phase, true))
        {
            _startup.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("phase", phase));
        }
    }

    /// <summary>Ends the meter, where it is its own.</summary>
    public void Dispose()
    {
        if (_ownsMeter)
        {
            Meter.Dispose();
        }
    }

    private static void Count(Counter<long> counter, string resource, string result) =>
        counter.Add(1, new KeyValuePair<string, object?>("resource", resource), new KeyValuePair<string, object?>("result", result));

    private static void Record(Histogram<double> histogram, ClaimResult result, TimeSpan duration) => histogram.Record(
        duration.TotalSeconds,
        new KeyValuePair<string, object?>("result", result switch
        {
            ClaimResult.Ok => "ok",
            ClaimResult.Refused => "refused",
            ClaimResult.Failed => "failed",
            _ => throw new InvalidOperationException($"Result {result} has no word."),
        }));

    private Histogram<double> Claims(string name, string what) => Meter.CreateHistogram(
        name, "s", $"Time to {what} for the kubelet, by result: ok, refused, failed.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = ClaimBuckets });
}
