using System.Collections.Immutable;
using Casemate.Attestation;

namespace Casemate.Broker;

/// <summary>One decision of a broker with everything that it rests on. The audit log writes it; observers in the process see it.</summary>
public sealed record Decision
{
    /// <summary>What was decided on.</summary>
    public required DecisionKind Kind { get; init; }

    /// <summary>How it ended.</summary>
    public required DecisionOutcome Outcome { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Name of the policy in force.</summary>
    public required string PolicyName { get; init; }

    /// <summary>Hash of the policy in force (<see cref="AppraisalPolicy.Hash"/>).</summary>
    public required string PolicyHash { get; init; }

    /// <summary>Why not; null when allowed.</summary>
    public BrokerError? Error { get; init; }

    /// <summary>Kind of TEE in the protocol's words; null for an administrator's act.</summary>
    public string? Tee { get; init; }

    /// <summary>True when the evidence rests on a simulated root, or on nothing (sample).</summary>
    public bool Simulated { get; init; }

    /// <summary>
    /// Hash of the session's id, lower-case hex; null without a session. The id itself is a key and stays out of records.
    /// </summary>
    public string? SessionHash { get; init; }

    /// <summary>
    /// SHA-256 of the hardware's evidence (report or quote; under a virtual TPM HCL report, TD quote and signed message), lower-case hex;
    /// null when none was read.
    /// </summary>
    public string? EvidenceHash { get; init; }

    /// <summary>What the evidence measures; empty unless it is genuine.</summary>
    public ImmutableArray<Measurement> Measurements { get; init; } = [];

    /// <summary>The verdict with every check; null for sample evidence and for decisions on resources.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>The resource. For observers in the process: the audit log writes its hash only.</summary>
    public ResourcePath? Resource { get; init; }

    /// <summary>Id (<c>jti</c>) of the token that was issued or used; null without one.</summary>
    public string? TokenId { get; init; }
}
