namespace Casemate.Simulator.Pki;

/// <summary>One X.509 extension. Source: RFC 5280 section 4.1.</summary>
/// <param name="Oid">Object identifier in dotted form.</param>
/// <param name="Critical">True when a verifier that does not know the extension must refuse the certificate.</param>
/// <param name="Value">The content of <c>extnValue</c>: usually, but not for every vendor, a DER value.</param>
public sealed record CertificateExtension(string Oid, bool Critical, byte[] Value);
