namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>TDX evidence as it travels in the key broker protocol, read but not verified.</summary>
/// <param name="Quote">The quote.</param>
/// <param name="EventLog">The confidential computing event log; null when the guest sent none.</param>
public sealed record KbsTdxEvidence(byte[] Quote, byte[]? EventLog);
