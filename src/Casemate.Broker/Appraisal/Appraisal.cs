using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Attestation;

namespace Casemate.Broker;

/// <summary>What verification and policy make of one piece of evidence.</summary>
internal sealed record Appraisal
{
    /// <summary>SHA-256 of the hardware's bytes and, under a virtual TPM, of what that signed; lower-case hex.</summary>
    public required string EvidenceHash { get; init; }

    /// <summary>The verdict; null for sample evidence.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>The refusal; null when the evidence is accepted.</summary>
    public BrokerError? Error { get; init; }

    /// <summary>True when the evidence rests on a simulated root, or on nothing.</summary>
    public required bool Simulated { get; init; }

    /// <summary>What the evidence measures; empty unless genuine.</summary>
    public ImmutableArray<Measurement> Measurements { get; init; } = [];

    /// <summary>The report data of accepted evidence; under a virtual TPM the nonce of its quote.</summary>
    public byte[] ReportData { get; init; } = [];

    /// <summary>
    /// The field of accepted evidence that init data is measured into, PCR 8 under a virtual TPM; empty for sample evidence.
    /// </summary>
    public byte[] InitData { get; init; } = [];

    /// <summary>The appraisal for the token.</summary>
    public TrustVector TrustVector { get; init; }

    /// <summary>Writes the evidence's claims into a token.</summary>
    public Action<Utf8JsonWriter>? WriteEvidence { get; init; }
}
