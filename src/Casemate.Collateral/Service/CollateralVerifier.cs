using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>
/// Decides whether a piece of collateral is what its key says: chain to an accepted root, signatures, names, ids, versions, and a
/// validity that makes sense. Nothing that fails here is stored or handed out.
/// </summary>
/// <remarks>
/// Whether it is past its end is left to the caller, because a store may hold what an operator wants to serve stale; a start in the
/// future is refused here. Revocation is judged where evidence is verified, with the CRLs of that moment; here only a revoked signer
/// of documents is refused, when the root's CRL is at hand.
/// </remarks>
public static partial class CollateralVerifier
{
    /// <summary>How far a clock may be behind the issuer's.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Verifies one piece.</summary>
    /// <param name="collateral">The piece as it was received; its validity is ignored and determined here.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which starts of validity are judged.</param>
    /// <param name="snpChainPem">ASK and ARK for a VCEK or VLEK that came without; empty when there is none.</param>
    /// <param name="rootCrl">The root's CRL, DER, verified; empty when there is none.</param>
    /// <returns>The verified piece, or why it is refused. Hostile input never throws.</returns>
    public static CollateralVerification Verify(
        StoredCollateral collateral, TrustRoots roots, DateTimeOffset now, ReadOnlyMemory<byte> snpChainPem = default,
        ReadOnlyMemory<byte> rootCrl = default)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        ArgumentNullException.ThrowIfNull(roots);
        var key = collateral.Key;
        if (collateral.Raw.IsEmpty || collateral.Raw.Length > StoredCollateral.MaximumBytes(key.Kind)
            || collateral.IssuerChainPem.Length > StoredCollateral.MaximumChainBytes)
        {
            return CollateralVerification.Bad("it is empty or larger than such a document may be");
        }

        var result = key.Kind switch
        {
            CollateralKind.TcbInfo or CollateralKind.QeIdentity or CollateralKind.QveIdentity or CollateralKind.TcbEvaluationNumbers =>
                VerifyDocument(collateral, roots, rootCrl),
            CollateralKind.Fmspcs => CheckFmspcs(collateral),
            CollateralKind.RootCaCrl => VerifyRootCrl(collateral, roots),
            CollateralKind.PckCrl => VerifyPckCrl(collateral, roots),
            CollateralKind.PckCertificates or CollateralKind.PckCertificate => VerifyPckCertificates(collateral, roots),
            CollateralKind.Vcek or CollateralKind.Vlek => VerifyVek(collateral, roots, snpChainPem),
            CollateralKind.SnpChain => VerifySnpChain(collateral, roots),
            CollateralKind.SnpCrl => VerifySnpCrl(collateral, roots),
            _ => CollateralVerification.Bad("its kind is not known"),
        };
        if (result.Collateral is null && FindUnacceptedRoot(collateral, roots, snpChainPem) is { } other)
        {
            return CollateralVerification.UnderOtherRoot(other);
        }

        return result.Collateral is { NotBefore: { } start, NotAfter: { } end }
            ? start > now + ClockSkew ? CollateralVerification.Bad($"it begins in the future, {start:u}")
                : end <= start ? CollateralVerification.Bad($"it ends ({end:u}) before it begins ({start:u})")
                : result
            : result;
    }

    private static TrustRoot? FindDcapRoot(TrustRoots roots, Certificate? root) =>
        root is not null && roots.Find(root.Der.Span) is { Product: null } found ? found : null;

    private static CollateralVerification VerifyDocument(StoredCollateral collateral, TrustRoots roots, ReadOnlyMemory<byte> rootCrl)
    {
        DocumentPiece piece;
        var isNumbers = collateral.Key.Kind is CollateralKind.TcbEvaluationNumbers;
        try
        {
            using var json = JsonInput.ParseObject(collateral.Raw, "the document");
            piece = isNumbers
                ? SignedJson.ReadEvaluationNumbers(json.RootElement, "the document")
                : SignedJson.Read(json.RootElement, "the document");
        }
        catch (MalformedInputException exception)
        {
            return CollateralVerification.Bad(exception.Message);
        }

        if (!PemCertificates.TryRead(collateral.IssuerChainPem.Span, out var chain, out var error))
        {
            return CollateralVerification.Bad($"its issuer chain: {error}");
        }

        var root = chain.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span));
        if (FindDcapRoot(roots, root) is not { } trusted)
        {
            return CollateralVerification.Bad("its issuer chain does not end in an accepted root");
        }

        var signer = DocumentSigner.Read(collateral.IssuerChainPem, root!, trusted.Key);
        error = signer.Error.Length > 0 ? signer.Error
            : signer.CheckSignature(new SignedDocument(piece.Body, piece.Signature, collateral.IssuerChainPem));
        if (error.Length == 0 && !rootCrl.IsEmpty && CertificateRevocationList.TryParse(rootCrl.Span, out var crl, out _)
            && crl!.Issuer.Span.SequenceEqual(root!.Subject.Span) && crl.Revokes(signer.Certificate!.SerialNumber.Span))
        {
            error = "the certificate of its signer is revoked";
        }

        DateTimeOffset issued = default, next = default;
        if (error.Length == 0)
        {
            error = isNumbers ? CheckNumbers(collateral.Key, piece.Body, out issued, out next)
                : collateral.Key.Kind is CollateralKind.TcbInfo
                ? CheckTcbInfo(collateral.Key, piece.Body, out issued, out next)
                : CheckIdentity(collateral.Key, piece.Body, out issued, out next);
        }

        // The window of the signer bounds that of the document; the earliest end counts.
        return error.Length > 0
            ? CollateralVerification.Bad(error)
            : CollateralVerification.Good(collateral with { NotBefore = issued, NotAfter = Earliest(next, signer.Certificate!, root!) });
    }

    private static string CheckTcbInfo(CollateralKey key, ReadOnlyMemory<byte> body, out DateTimeOffset issued, out DateTimeOffset next)
    {
        (issued, next) = (default, default);
        if (!TcbInfo.TryParse(body, out var tcbInfo, out var error))
        {
            return error;
        }

        (issued, next) = (tcbInfo!.IssueDate, tcbInfo.NextUpdate);
        var version = key.ApiVersion == 3 ? 2 : 3;
        return tcbInfo.Version != version ? $"it is a TCB info of version {tcbInfo.Version}, not {version}"
            : tcbInfo.Tee != key.Tee ? $"it is a TCB info for {tcbInfo.Tee}, not {key.Tee}"
            : Convert.ToHexStringLower(tcbInfo.Fmspc) != key.Fmspc
                ? $"it is the TCB info of FMSPC {Convert.ToHexStringLower(tcbInfo.Fmspc)}, not {key.Fmspc}"
            : CheckGeneration(key, tcbInfo.EvaluationDataNumber);
    }

    private static string CheckIdentity(CollateralKey key, ReadOnlyMemory<byte> body, out DateTimeOffset issued, out DateTimeOffset next)
    {
        (issued, next) = (default, default);
        if (!EnclaveIdentity.TryParse(body, out var identity, out var error))
        {
            return error;
        }

        (issued, next) = (identity!.IssueDate, identity.NextUpdate);
        var id = key.Kind is CollateralKind.QveIdentity ? "QVE" : key.Tee is Tee.Tdx ? "TD_QE" : "QE";
        return identity.Id != id ? $"it is the identity of {identity.Id}, not {id}" : CheckGeneration(key, identity.EvaluationDataNumber);
    }

    private static string CheckNumbers(CollateralKey key, ReadOnlyMemory<byte> body, out DateTimeOffset issued, out DateTimeOffset next)
    {
        (issued, next) = (default, default);
        if (!TcbEvaluationNumbers.TryParse(body, out var numbers, out var error))
        {
            return error;
        }

        (issued, next) = (numbers!.IssueDate, numbers.NextUpdate);
        return numbers.Tee != key.Tee ? $"it is the list of generations for {numbers.Tee}, not {key.Tee}" : "";
    }

    // Nobody signs this list: only its form can be checked, and whoever reads it may fetch by it and decide nothing.
    private static CollateralVerification CheckFmspcs(StoredCollateral collateral)
    {
        const int maximum = 4096;
        if (!Primitives.Json.StrictJson.TryParse(collateral.Raw, out var document, out var error))
        {
            return CollateralVerification.Bad(error);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not System.Text.Json.JsonValueKind.Array || root.GetArrayLength() is 0 or > maximum)
            {
                return CollateralVerification.Bad($"it is not an array of 1 to {maximum} platform families");
            }

            foreach (var item in root.EnumerateArray())
            {
                var fmspc = JsonInput.TextOrEmpty(item, "fmspc");
                if (fmspc.Length != 12 || fmspc.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF")
                    || JsonInput.TextOrEmpty(item, "platform").Length is 0 or > 32)
                {
                    return CollateralVerification.Bad("one of its entries has no 'fmspc' of 12 hex digits, or no 'platform'");
                }
            }
        }

        return CollateralVerification.Good(collateral with { IssuerChainPem = default, NotBefore = null, NotAfter = null });
    }

    private static string CheckGeneration(CollateralKey key, int number) =>
        key.Update.EvaluationDataNumber is > 0 and var wanted && wanted != number
            ? $"its tcbEvaluationDataNumber is {number}, not {wanted}"
            : "";

    private static CollateralVerification VerifyRootCrl(StoredCollateral collateral, TrustRoots roots)
    {
        var error = "no root of SGX and TDX is accepted";
        foreach (var root in roots.All)
        {
            if (root.Product is null && Certificate.TryParse(root.Der.Span, out var certificate, out _))
            {
                error = PreparedCollateral.ReadCrl(collateral.Raw.Span, certificate!, root.Key, "root", out var crl);
                if (error.Length == 0)
                {
                    return CollateralVerification.Good(
                        collateral with
                        {
                            IssuerChainPem = default,
                            NotBefore = crl!.ThisUpdate,
                            NotAfter = Earliest(crl.NextUpdate, certificate!),
                        });
                }
            }
        }

        return CollateralVerification.Bad(error);
    }

    private static CollateralVerification VerifyPckCrl(StoredCollateral collateral, TrustRoots roots)
    {
        if (!PemCertificates.TryRead(collateral.IssuerChainPem.Span, out var chain, out var error))
        {
            return CollateralVerification.Bad($"its issuer chain: {error}");
        }

        var root = chain.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span));
        var ca = chain.Find(c => c != root);
        if (chain.Count != 2 || ca is null || FindDcapRoot(roots, root) is not { } trusted)
        {
            return CollateralVerification.Bad("its issuer chain is not a PCK CA and an accepted root");
        }

        var name = collateral.Key.PlatformCa ? PckChain.PlatformCaName : PckChain.ProcessorCaName;
        error = ca.CommonName != name ? $"it is the list of '{ca.CommonName}', not of '{name}'" : CertificateRole.CheckCa(ca, "CA");
        if (error.Length == 0 && !(trusted.Key is { } rootKey && ca.Issuer.Span.SequenceEqual(root!.Subject.Span)
            && rootKey.Verify(ca.Scheme, ca.Tbs.Span, ca.Signature.Span)))
        {
            error = "the root did not issue the CA";
        }

        VerifyingKey.TryCreate(ca, out var caKey);
        CertificateRevocationList? crl = null;
        error = error.Length > 0 ? error : PreparedCollateral.ReadCrl(collateral.Raw.Span, ca, caKey, "PCK CA", out crl);
        return error.Length > 0
            ? CollateralVerification.Bad(error)
            : CollateralVerification.Good(
                collateral with { NotBefore = crl!.ThisUpdate, NotAfter = Earliest(crl.NextUpdate, ca, root!) });
    }

    private static CollateralVerification VerifyPckCertificates(StoredCollateral collateral, TrustRoots roots)
    {
        if (!PckCertificateSet.TryRead(collateral, roots, out var set, out var error))
        {
            return CollateralVerification.Bad(error);
        }

        var certificates = set!.Entries.SelectMany(entry => new[] { entry.Chain.Leaf, entry.Chain.Ca, entry.Chain.Root }).ToArray();
        return CollateralVerification.Good(collateral with
        {
            NotBefore = certificates.Max(c => c.NotBefore),
            NotAfter = certificates.Min(c => c.NotAfter),
        });
    }

    private static DateTimeOffset Earliest(DateTimeOffset end, params ReadOnlySpan<Certificate> certificates)
    {
        foreach (var certificate in certificates)
        {
            end = certificate.NotAfter < end ? certificate.NotAfter : end;
        }

        return end;
    }
}
