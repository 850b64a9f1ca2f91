namespace Casemate.Attestation;

/// <summary>
/// Results of time-independent work (parsed certificates, verified signatures, imported keys) under the SHA-256 of the complete
/// inputs. Dates, revocation and policy are evaluated on every call, and failures are never stored, so a verdict is the same with
/// and without a cache. Safe for concurrent use; bounded.
/// </summary>
public sealed partial class VerificationCache
{
}
