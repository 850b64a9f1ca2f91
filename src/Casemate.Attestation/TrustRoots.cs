using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation;

/// <summary>
/// The root certificates that a verification accepts, compared byte for byte. <see cref="Production"/> holds the pinned roots of
/// Intel and AMD and nothing else; any other root makes the verdict say <c>simulated</c>.
/// </summary>
public sealed class TrustRoots
{
    private readonly ImmutableArray<TrustRoot> _roots;

    private TrustRoots(ImmutableArray<TrustRoot> roots) => _roots = roots;

    /// <summary>Intel SGX Root CA and AMD's ARK certificates of Milan, Genoa and Turin.</summary>
    public static TrustRoots Production { get; } = new(
    [
        new TrustRoot("Intel SGX Root CA", PinnedRoots.IntelSgxRootCa, null, Simulated: false),
        new TrustRoot("AMD ARK-Milan", PinnedRoots.AmdArkMilan, SnpProduct.Milan, Simulated: false),
        new TrustRoot("AMD ARK-Genoa", PinnedRoots.AmdArkGenoa, SnpProduct.Genoa, Simulated: false),
        new TrustRoot("AMD ARK-Turin", PinnedRoots.AmdArkTurin, SnpProduct.Turin, Simulated: false),
    ]);

    /// <summary>No root at all: every chain is refused.</summary>
    public static TrustRoots None { get; } = new([]);

    /// <summary>The roots in the order in which they were added.</summary>
    public IReadOnlyList<TrustRoot> All => _roots;

    /// <summary>A copy that also accepts a simulator's (or any other test) root for SGX and TDX evidence.</summary>
    /// <param name="der">The root certificate, DER.</param>
    public TrustRoots AllowSimulatedSgxRoot(ReadOnlySpan<byte> der) => With(der, null);

    /// <summary>A copy that also accepts a simulator's (or any other test) ARK for one SEV-SNP product line.</summary>
    /// <param name="der">The ARK certificate, DER.</param>
    /// <param name="product">The product line whose reports it may vouch for.</param>
    public TrustRoots AllowSimulatedArk(ReadOnlySpan<byte> der, SnpProduct product) => With(der, product);

    /// <summary>Finds the root with exactly these bytes; null when it is not accepted.</summary>
    public TrustRoot? Find(ReadOnlySpan<byte> der)
    {
        foreach (var root in _roots)
        {
            if (der.SequenceEqual(root.Der.Span))
            {
                return root;
            }
        }

        return null;
    }

    // A production root added under the "simulated" door stays what it is: the first match wins and the pinned ones come first
    // only if the caller started from Production, so identity is decided by bytes, not by the door used.
    private TrustRoots With(ReadOnlySpan<byte> der, SnpProduct? product)
    {
        var pinned = Production.Find(der);
        if (Find(der) is not null)
        {
            return this;
        }

        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(der).AsSpan(0, 8));
        return new TrustRoots(_roots.Add(pinned ?? new TrustRoot($"simulated root {fingerprint}", der.ToArray(), product, Simulated: true)));
    }
}
