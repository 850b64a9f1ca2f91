using Casemate.Attestation;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <content>AMD's certificates and lists.</content>
public static partial class CollateralVerifier
{
    private static CollateralVerification VerifySnpChain(StoredCollateral collateral, TrustRoots roots)
    {
        var issuer = ReadIssuer(collateral.Raw, collateral.Key, roots, out var error);
        return issuer is null
            ? CollateralVerification.Bad(error)
            : CollateralVerification.Good(collateral with
            {
                IssuerChainPem = default,
                NotBefore = issuer.Ask.NotBefore,
                NotAfter = Earliest(issuer.Ask.NotAfter, issuer.Ark),
            });
    }

    private static CollateralVerification VerifyVek(StoredCollateral collateral, TrustRoots roots, ReadOnlyMemory<byte> snpChainPem)
    {
        var key = collateral.Key;
        var pem = collateral.IssuerChainPem.IsEmpty ? snpChainPem : collateral.IssuerChainPem;
        if (pem.IsEmpty)
        {
            return CollateralVerification.Bad("the certificates of its issuers are not at hand");
        }

        var issuer = ReadIssuer(pem, key, roots, out var error);
        var vek = issuer is null ? null : Vek.TryRead(collateral.Raw.Span, issuer, out error);
        if (vek is null)
        {
            return CollateralVerification.Bad(error);
        }

        var said = vek.Extensions;
        error = vek.Error.Length > 0 ? vek.Error
            : vek.Kind != key.Signer ? $"it is a {vek.Kind}, not a {key.Signer}"
            : said!.Product != key.Product ? $"it is for {said.Product}, not for {key.Product}"
            : said.Tcb != key.Tcb ? $"it is for the TCB {said.Tcb}, not {key.Tcb}"
            : Convert.ToHexStringLower(said.HardwareId) != key.ChipId ? "it is another chip's"
            : "";
        return error.Length > 0
            ? CollateralVerification.Bad(error)
            : CollateralVerification.Good(collateral with
            {
                Raw = vek.Certificate.Der,
                IssuerChainPem = PemText.WriteCertificates([issuer!.Ask.Der, issuer.Ark.Der]),
                NotBefore = vek.Certificate.NotBefore,
                NotAfter = Earliest(vek.Certificate.NotAfter, issuer.Ask, issuer.Ark),
            });
    }

    private static CollateralVerification VerifySnpCrl(StoredCollateral collateral, TrustRoots roots)
    {
        if (!CertificateRevocationList.TryParse(collateral.Raw.Span, out var crl, out var error))
        {
            return CollateralVerification.Bad(error);
        }

        foreach (var root in roots.All)
        {
            if (root.Product == collateral.Key.Product && Certificate.TryParse(root.Der.Span, out var ark, out _)
                && crl!.Issuer.Span.SequenceEqual(ark!.Subject.Span)
                && root.Key is { } key && key.Verify(crl.Scheme, crl.Tbs.Span, crl.Signature.Span))
            {
                return CollateralVerification.Good(
                    collateral with { IssuerChainPem = default, NotBefore = crl.ThisUpdate, NotAfter = Earliest(crl.NextUpdate, ark) });
            }
        }

        return CollateralVerification.Bad($"the list is not signed by an accepted ARK of {collateral.Key.Product}");
    }

    // ASK or ASVK under an accepted ARK of the product line and for the kind of key that is asked for.
    private static SnpIssuer? ReadIssuer(ReadOnlyMemory<byte> pem, CollateralKey key, TrustRoots roots, out string error)
    {
        if (!PemCertificates.TryRead(pem.Span, out var certificates, out error))
        {
            return null;
        }

        var ark = certificates.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span));
        var ask = certificates.Find(c => c != ark);
        if (certificates.Count != 2 || ark is null || ask is null)
        {
            error = $"the chain is not an ASK or ASVK and its ARK ({certificates.Count} certificates)";
            return null;
        }

        var issuer = SnpIssuer.TryRead(ark.Der.Span, ask.Der.Span, roots, out error);
        if (issuer is null)
        {
            return null;
        }

        error = roots.Find(ark.Der.Span) is not { Product: { } product } || product != key.Product
                ? $"the ARK is not an accepted root of {key.Product}"
            : issuer.Error.Length > 0 ? issuer.Error
            : issuer.Product != key.Product ? $"the ARK is {issuer.Product}'s, not {key.Product}'s"
            : issuer.Issues != key.Signer ? $"the chain issues {issuer.Issues} certificates, not {key.Signer}"
            : "";
        return error.Length == 0 ? issuer : null;
    }
}
