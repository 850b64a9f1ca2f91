using System.Text.Json;
using System.Text.Json.Nodes;

namespace Casemate.Broker;

/// <summary>What a token says of an accepted workload.</summary>
public sealed record TokenSubject
{
    /// <summary>Kind of TEE in the protocol's words.</summary>
    public required string Tee { get; init; }

    /// <summary>True when the evidence rests on a simulated root, or on nothing (sample).</summary>
    public required bool Simulated { get; init; }

    /// <summary>The appraisal.</summary>
    public required TrustVector TrustVector { get; init; }

    /// <summary>Name of the policy that accepted the evidence.</summary>
    public required string PolicyName { get; init; }

    /// <summary>The nonce of the handshake, base64 text.</summary>
    public required string Nonce { get; init; }

    /// <summary>The workload's public key, canonical JSON: who may read what is encrypted for this token.</summary>
    public required ReadOnlyMemory<byte> TeePublicKey { get; init; }

    /// <summary>The report data of the evidence.</summary>
    public required ReadOnlyMemory<byte> ReportData { get; init; }

    /// <summary>The measured init data; empty when the workload sent none.</summary>
    public ReadOnlyMemory<byte> InitData { get; init; }

    /// <summary>The claims of the init data; null when the workload sent none.</summary>
    public JsonObject? InitDataClaims { get; init; }

    /// <summary>Writes the members of the evidence's own claims.</summary>
    public required Action<Utf8JsonWriter> WriteEvidence { get; init; }
}
