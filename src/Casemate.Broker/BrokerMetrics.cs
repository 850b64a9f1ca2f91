using System.Diagnostics.Metrics;
using Casemate.Attestation.ConfidentialContainers;

namespace Casemate.Broker;

/// <summary>
/// The broker's counters, under the names that Confidential Containers' dashboards use. Labels come from closed sets; no label ever
/// names a resource, a client or a measurement.
/// </summary>
public sealed class BrokerMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Broker";

    private readonly Counter<long> _attestationRequests;
    private readonly Counter<long> _attestationSuccesses;
    private readonly Counter<long> _attestationFailures;
    private readonly Counter<long> _attestationErrors;

    /// <summary>Makes the counters of one broker.</summary>
    public BrokerMetrics()
    {
        AuthRequests = Counter("kbs_auth_requests_total", "Requests for a handshake.");
        AuthSuccesses = Counter("kbs_auth_successes_total", "Handshakes started.");
        AuthErrors = Counter("kbs_auth_errors_total", "Requests for a handshake that were refused.");
        _attestationRequests = Counter("kbs_attestation_requests_total", "Requests to verify evidence, by TEE.");
        _attestationSuccesses = Counter("kbs_attestation_successes_total", "Evidence accepted, by TEE.");
        _attestationFailures = Counter("kbs_attestation_failures_total", "Evidence refused, by TEE.");
        _attestationErrors = Counter("kbs_attestation_errors_total", "Requests that came to no verdict, by TEE.");
        PolicyEvaluations = Counter("kbs_policy_evaluations_total", "Resource policy evaluations.");
        PolicyApprovals = Counter("kbs_policy_approvals_total", "Resource requests that the policy grants.");
        PolicyViolations = Counter("kbs_policy_violations_total", "Resource requests that the policy refuses.");
        PolicyErrors = Counter("kbs_policy_errors_total", "Policy evaluations that failed.");
        ResourceReads = Counter("kbs_resource_reads_total", "Resources handed out.");
        ResourceWrites = Counter("kbs_resource_writes_total", "Resources stored.");
        ResourceDeletes = Counter("kbs_resource_deletes_total", "Resources removed.");
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new(MeterName);

    internal Counter<long> AuthRequests { get; }

    internal Counter<long> AuthSuccesses { get; }

    internal Counter<long> AuthErrors { get; }

    internal Counter<long> PolicyEvaluations { get; }

    internal Counter<long> PolicyApprovals { get; }

    internal Counter<long> PolicyViolations { get; }

    /// <summary>Stays at zero: a policy is typed and cannot fail to evaluate. Dashboards ask for it.</summary>
    internal Counter<long> PolicyErrors { get; }

    internal Counter<long> ResourceReads { get; }

    internal Counter<long> ResourceWrites { get; }

    internal Counter<long> ResourceDeletes { get; }

    /// <summary>Counts one attestation.</summary>
    /// <param name="tee">The session's TEE; null without a session.</param>
    /// <param name="outcome">How it ended.</param>
    internal void CountAttestation(string? tee, DecisionOutcome outcome)
    {
        var label = new KeyValuePair<string, object?>("tee", tee is not null && KbsTee.Known.Contains(tee) ? tee : "none");
        _attestationRequests.Add(1, label);
        var counter = outcome switch
        {
            DecisionOutcome.Allowed => _attestationSuccesses,
            DecisionOutcome.Refused => _attestationFailures,
            DecisionOutcome.Undecided => _attestationErrors,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome."),
        };
        counter.Add(1, label);
    }

    /// <summary>Ends the meter: collectors forget it.</summary>
    public void Dispose() => Meter.Dispose();

    private Counter<long> Counter(string name, string description) => Meter.CreateCounter<long>(name, "{count}", description);
}
