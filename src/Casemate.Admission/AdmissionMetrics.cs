using System.Diagnostics.Metrics;

namespace Casemate.Admission;

/// <summary>
/// What the webhook counts. Labels are members of closed sets. Counting allocates nothing; it is summed up when asked for.
/// </summary>
public sealed class AdmissionMetrics : IDisposable
{
    private static readonly ReviewEndpoint[] Endpoints = Enum.GetValues<ReviewEndpoint>();
    private static readonly ReviewOutcome[] Outcomes = Enum.GetValues<ReviewOutcome>();
    private static readonly AdmissionFindingId[] Ids = Enum.GetValues<AdmissionFindingId>();

    private readonly long[] _reviews = new long[Endpoints.Length * Outcomes.Length];
    private readonly long[] _findings = new long[Ids.Length];

    /// <summary>Makes the instruments.</summary>
    public AdmissionMetrics()
    {
        Meter.CreateObservableCounter(
            "webhook_reviews_total", Reviews, "{review}", "Admission reviews, by endpoint and outcome.");
        Meter.CreateObservableCounter("webhook_findings_total", Findings, "{finding}", "What was found in pods that use SGX, by finding.");
        Meter.CreateObservableGauge(
            "process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Resident memory of the process.");
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new("Casemate.Admission");

    /// <summary>Ends the meter.</summary>
    public void Dispose() => Meter.Dispose();

    internal void Count(ReviewEndpoint endpoint, ReviewOutcome outcome) =>
        Interlocked.Increment(ref _reviews[((int)endpoint * Outcomes.Length) + (int)outcome]);

    internal void Count(AdmissionFindingId id) => Interlocked.Increment(ref _findings[(int)id]);

    private IEnumerable<Measurement<long>> Reviews() => Endpoints.SelectMany(endpoint => Outcomes.Select(outcome => new Measurement<long>(
        Interlocked.Read(ref _reviews[((int)endpoint * Outcomes.Length) + (int)outcome]),
        new KeyValuePair<string, object?>("endpoint", endpoint.ToString()),
        new KeyValuePair<string, object?>("outcome", outcome.ToString()))));

    private IEnumerable<Measurement<long>> Findings() => Ids.Select(id => new Measurement<long>(
        Interlocked.Read(ref _findings[(int)id]), new KeyValuePair<string, object?>("finding", id.ToString())));
}
