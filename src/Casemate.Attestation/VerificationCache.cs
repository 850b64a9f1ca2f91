using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Primitives.Caching;

namespace Casemate.Attestation;

/// <summary>
/// Results of time-independent work (parsed certificates, verified signatures, imported keys) under the SHA-256 of the complete
/// inputs. Dates, revocation and policy are evaluated on every call, and failures are never stored, so a verdict is the same with
/// and without a cache. Safe for concurrent use; bounded.
/// </summary>
/// <param name="pckChains">How many PCK chains to remember, one per SGX or TDX platform and TCB. Default: 4,096.</param>
/// <param name="attestationKeys">How many bindings of attestation keys to remember. Default: 4,096.</param>
/// <param name="collaterals">How many sets of collateral to remember, one per platform family and CA. Default: 256.</param>
/// <param name="veks">How many VCEKs and VLEKs to remember, one per SEV-SNP chip and TCB. Default: 4,096.</param>
public sealed class VerificationCache(int pckChains = 4096, int attestationKeys = 4096, int collaterals = 256, int veks = 4096)
{
    private const int Issuers = 64;

    internal BoundedCache<CacheKey, PckChain> PckChains { get; } = new(pckChains);

    internal BoundedCache<CacheKey, BoundAttestationKey> AttestationKeys { get; } = new(attestationKeys);

    internal BoundedCache<CacheKey, PreparedCollateral> Collaterals { get; } = new(collaterals);

    internal BoundedCache<CacheKey, Vek> Veks { get; } = new(veks);

    internal BoundedCache<CacheKey, SnpIssuer> SnpIssuers { get; } = new(Issuers);
}
