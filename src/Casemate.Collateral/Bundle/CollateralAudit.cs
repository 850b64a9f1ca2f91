using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Bundle;

/// <summary>Looks through a collection of collateral: does every piece verify, and is everything there that the pieces need?</summary>
public static class CollateralAudit
{
    /// <summary>Verifies every piece.</summary>
    /// <param name="collateral">The pieces, untrusted.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which starts of validity are judged.</param>
    /// <returns>One result for each piece, in the order of their keys' text. What has expired verifies: its dates say so.</returns>
    public static ImmutableArray<AuditedCollateral> Verify(
        IEnumerable<StoredCollateral> collateral, TrustRoots roots, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        var pieces = collateral.OrderBy(piece => piece.Key.ToString(), StringComparer.Ordinal).ToList();
        var rootCrl = pieces.Find(piece => piece.Key.Kind is CollateralKind.RootCaCrl) is { } list
            && CollateralVerifier.Verify(list, roots, now).Collateral is { } verified ? verified.Raw : default;
        var chains = pieces.Where(piece => piece.Key.Kind is CollateralKind.SnpChain)
            .DistinctBy(piece => piece.Key)
            .ToDictionary(piece => (piece.Key.Product, piece.Key.Signer), piece => piece.Raw);
        return
        [
            .. pieces.Select(piece =>
            {
                var result = CollateralVerifier.Verify(
                    piece, roots, now, chains.GetValueOrDefault((piece.Key.Product, piece.Key.Signer)), rootCrl);
                return new AuditedCollateral(result.Collateral ?? piece, result.Problem);
            }),
        ];
    }

    /// <summary>Finds what is missing.</summary>
    /// <param name="keys">What is there.</param>
    /// <returns>The gaps, in the order of the missing things' text; each thing once.</returns>
    public static ImmutableArray<CollateralGap> FindGaps(IEnumerable<CollateralKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var present = keys.OrderBy(key => key.ToString(), StringComparer.Ordinal).ToList();
        var known = present.ToHashSet();
        var gaps = new Dictionary<CollateralKey, CollateralGap>();
        foreach (var key in present)
        {
            foreach (var (missing, reason) in NeedsOf(key, known).Where(need => !known.Contains(need.Key)))
            {
                gaps.TryAdd(missing, new CollateralGap(missing, key, reason));
            }
        }

        return [.. gaps.Values.OrderBy(gap => gap.Missing.ToString(), StringComparer.Ordinal)];
    }

    // Who keeps the certificates of a machine keeps the early levels to choose among them, and may never verify a quote with those.
    private static bool SelectsCertificates(CollateralKey tcbInfo, HashSet<CollateralKey> known) =>
        tcbInfo is { Tee: Tee.Sgx, Update.IsEarly: true } && known.Any(key => key.Kind is CollateralKind.PckCertificates);

    private static IEnumerable<(CollateralKey Key, string Reason)> NeedsOf(CollateralKey key, HashSet<CollateralKey> known)
    {
        switch (key.Kind)
        {
            case CollateralKind.TcbInfo:
                yield return (CollateralKey.RootCaCrl(), "no quote can be verified without it");

                // Which of the two CAs a platform's certificate is from stands in its quotes, not in its TCB info.
                if (!known.Contains(CollateralKey.PckCrl(platformCa: false)))
                {
                    yield return (CollateralKey.PckCrl(platformCa: true), "no quote can be verified without the list of its PCK CA");
                }

                if (!SelectsCertificates(key, known))
                {
                    yield return (CollateralKey.QeIdentity(key.Tee, key.Update), "no quote can be verified without it");
                }

                break;
            case CollateralKind.QeIdentity or CollateralKind.QveIdentity or CollateralKind.PckCrl or CollateralKind.TcbEvaluationNumbers:
                yield return (CollateralKey.RootCaCrl(), "nobody knows without it whether the signer is revoked");
                break;
            case CollateralKind.PckCertificates or CollateralKind.PckCertificate:
                yield return (CollateralKey.RootCaCrl(), "nobody knows without it whether the CA is revoked");
                break;
            case CollateralKind.Vcek or CollateralKind.Vlek or CollateralKind.SnpChain:
                yield return (CollateralKey.SnpCrl(key.Product, key.Signer), "nobody knows without it whether the issuer is revoked");
                break;
            default:
                break;
        }
    }
}
