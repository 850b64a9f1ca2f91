using Casemate.Primitives.Jose;

namespace Casemate.Broker;

/// <summary>A token whose signature, issuer and validity were checked.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="Tee">Kind of TEE in the protocol's words.</param>
/// <param name="Simulated">True when the evidence behind it rests on a simulated root, or on nothing (sample).</param>
/// <param name="TeePublicKey">The workload's key: answers are encrypted to it.</param>
/// <param name="Expires">Its end.</param>
public sealed record VerifiedToken(string Id, string Tee, bool Simulated, Jwk TeePublicKey, DateTimeOffset Expires);
