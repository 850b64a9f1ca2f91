using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Dcap;

/// <summary>A signed document after time-independent work: signer, signature and format. Source: Intel PCS API v4.</summary>
/// <param name="Signer">The signer's certificate; null when it could not be read.</param>
/// <param name="SignerError">Why the signer is not valid; empty when it is.</param>
/// <param name="SignatureError">Why the signature does not hold; empty when it does.</param>
/// <param name="FormatError">Why the body cannot be used; empty when it can.</param>
/// <param name="Value">The parsed body; null when it cannot be used.</param>
internal sealed record PreparedDocument<T>(
    Certificate? Signer, string SignerError, string SignatureError, string FormatError, T? Value)
    where T : class
{
    /// <summary>True when nothing time-independent is wrong.</summary>
    public bool IsSound => SignerError.Length == 0 && SignatureError.Length == 0 && FormatError.Length == 0;
}
