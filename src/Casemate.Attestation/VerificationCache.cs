using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;
using Casemate.Primitives.Caching;

namespace Casemate.Attestation;

/// <summary>
/// Results of time-independent work (parsed certificates, verified signatures, imported keys) under the SHA-256 of the complete
/// inputs. Dates, revocation and policy are evaluated on every call, and failures are never stored, so a verdict is the same with
/// and without a cache. Safe for concurrent use; bounded: 4,096 chains, 4,096 attestation keys, 4,096 VEKs, 256 collaterals.
/// </summary>
public sealed class VerificationCache
{
    internal BoundedCache<CacheKey, PckChain> PckChains { get; } = new(4096);

    internal BoundedCache<CacheKey, VerifyingKey> AttestationKeys { get; } = new(4096);

    internal BoundedCache<CacheKey, PreparedCollateral> Collaterals { get; } = new(256);

    internal BoundedCache<CacheKey, Vek> Veks { get; } = new(4096);

    internal BoundedCache<CacheKey, SnpIssuer> SnpIssuers { get; } = new(256);
}
