using Casemate.Attestation;

namespace Casemate.Broker;

/// <summary>What a broker works with, and its limits.</summary>
public sealed record KeyBrokerOptions
{
    /// <summary>Accepted roots. Simulated evidence is accepted only under a root that is named here.</summary>
    public required TrustRoots Roots { get; init; }

    /// <summary>Where certificates and collateral come from.</summary>
    public required ICollateralSource Collateral { get; init; }

    /// <summary>What is accepted, and what is handed out for it.</summary>
    public required AppraisalPolicy Policy { get; init; }

    /// <summary>Where resources are kept.</summary>
    public required IResourceStore Resources { get; init; }

    /// <summary>Who signs tokens. The broker does not dispose it.</summary>
    public required TokenIssuer Tokens { get; init; }

    /// <summary>Who keeps the records. The broker does not dispose it.</summary>
    public required IAuditSink Audit { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Accepts sample evidence, which anybody can make: every resource is then open to everybody. Default: false.</summary>
    public bool AcceptSampleEvidence { get; init; }

    /// <summary>The limits.</summary>
    public BrokerLimits Limits { get; init; } = new();

    /// <summary>What is wrong with the options and what to write instead; empty when nothing is.</summary>
    public IEnumerable<string> Problems() => [.. Policy.ProblemsForBroker(), .. Limits.Problems()];
}
