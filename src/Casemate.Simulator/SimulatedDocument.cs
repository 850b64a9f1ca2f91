namespace Casemate.Simulator;

/// <summary>A document as a simulated service delivers it.</summary>
/// <param name="Body">The body of the answer: signed JSON as the service wraps it, a CRL as DER, or the array of PCK certificates.</param>
/// <param name="IssuerChainPem">What the issuer-chain header carries, PEM before it is URL-encoded; empty where there is no such
/// header.</param>
public sealed record SimulatedDocument(byte[] Body, string IssuerChainPem);
