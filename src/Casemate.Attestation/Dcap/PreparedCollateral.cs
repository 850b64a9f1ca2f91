using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// Collateral after time-independent work for one PCK CA and root: parsed, signatures verified. Dates and revocation are judged on
/// each use.
/// </summary>
internal sealed class PreparedCollateral
{
    private const string SignerName = "Intel SGX TCB Signing";

    private PreparedCollateral()
    {
    }

    public required CertificateRevocationList? RootCrl { get; init; }

    /// <summary>Why the root CRL cannot be used; empty when it can.</summary>
    public required string RootCrlError { get; init; }

    public required CertificateRevocationList? PckCrl { get; init; }

    /// <summary>Why the PCK CRL cannot be used; empty when it can.</summary>
    public required string PckCrlError { get; init; }

    public required PreparedDocument<TcbInfo> TcbInfo { get; init; }

    public required PreparedDocument<EnclaveIdentity> QeIdentity { get; init; }

    /// <summary>True when nothing time-independent is wrong, so that the result may be cached.</summary>
    public bool IsSound => RootCrlError.Length == 0 && PckCrlError.Length == 0 && TcbInfo.IsSound && QeIdentity.IsSound;

    /// <summary>Parses and checks every piece against the chain of the quote.</summary>
    public static PreparedCollateral Prepare(DcapCollateral collateral, PckChain chain)
    {
        var rootCrlError = ReadCrl(collateral.RootCaCrl.Span, chain.Root, chain.RootKey, "root", out var rootCrl);
        var pckCrlError = ReadCrl(collateral.PckCrl.Span, chain.Ca, chain.CaKey, "PCK CA", out var pckCrl);
        var tcbSigner = Signer.Read(collateral.TcbInfo.IssuerChainPem, chain);
        var qeSigner = collateral.QeIdentity.IssuerChainPem.Span.SequenceEqual(collateral.TcbInfo.IssuerChainPem.Span)
            ? tcbSigner
            : Signer.Read(collateral.QeIdentity.IssuerChainPem, chain);

        var tcbFormat = Dcap.TcbInfo.TryParse(collateral.TcbInfo.Body, out var tcbInfo, out var error) ? "" : error;
        var qeFormat = EnclaveIdentity.TryParse(collateral.QeIdentity.Body, out var qeIdentity, out error) ? "" : error;
        return new PreparedCollateral
        {
            RootCrl = rootCrl,
            RootCrlError = rootCrlError,
            PckCrl = pckCrl,
            PckCrlError = pckCrlError,
            TcbInfo = new PreparedDocument<TcbInfo>(
                tcbSigner.Certificate, tcbSigner.Error, tcbSigner.CheckSignature(collateral.TcbInfo), tcbFormat, tcbInfo),
            QeIdentity = new PreparedDocument<EnclaveIdentity>(
                qeSigner.Certificate, qeSigner.Error, qeSigner.CheckSignature(collateral.QeIdentity), qeFormat, qeIdentity),
        };
    }

    private static string ReadCrl(
        ReadOnlySpan<byte> encoded, Certificate issuer, VerifyingKey? issuerKey, string name, out CertificateRevocationList? crl)
    {
        if (!CertificateRevocationList.TryParse(encoded, out crl, out var error))
        {
            return error;
        }

        if (!crl!.HasNumberAndAuthority)
        {
            return "CRL number or authority key identifier is missing";
        }

        if (!crl.Issuer.Span.SequenceEqual(issuer.Subject.Span))
        {
            return $"the CRL was not issued by the {name} of this chain";
        }

        return issuerKey is not null && issuerKey.Verify(crl.Scheme, crl.Tbs.Span, crl.Signature.Span)
            ? ""
            : $"the signature of the CRL does not verify with the key of the {name}";
    }

    /// <summary>The signer of a document, verified under the root of the quote's chain.</summary>
    private sealed record Signer(Certificate? Certificate, VerifyingKey? Key, string Error)
    {
        public static Signer Read(ReadOnlyMemory<byte> pem, PckChain chain)
        {
            if (!PemCertificates.TryRead(pem.Span, out var certificates, out var error))
            {
                return new Signer(null, null, error);
            }

            var signer = certificates.Find(c => !c.Issuer.Span.SequenceEqual(c.Subject.Span));
            var root = certificates.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span));
            if (certificates.Count != 2 || signer is null || root is null)
            {
                return new Signer(null, null, $"the issuer chain is not a signer and its root ({certificates.Count} certificates)");
            }

            VerifyingKey.TryCreate(signer, out var key);
            return new Signer(signer, key, Check(signer, root, chain, key));
        }

        public string CheckSignature(SignedDocument document)
        {
            if (Key is null)
            {
                return "there is no usable signer key";
            }

            if (document.Signature.Length == 64 && Key.VerifyRaw(document.Body.Span, document.Signature.Span))
            {
                return "";
            }

            return document.Body.Span.IndexOfAny("\n\r\t"u8) >= 0
                ? "the signature does not cover these bytes; the document looks reformatted: use it exactly as it was received"
                : "the signature does not verify with the signer's key";
        }

        private static string Check(Certificate signer, Certificate root, PckChain chain, VerifyingKey? key)
        {
            // The same root as the quote's chain: collateral of a simulator must never speak for hardware, nor the other way round.
            if (!root.Der.Span.SequenceEqual(chain.Root.Der.Span))
            {
                return "the signer's root is not the root of the quote's chain";
            }

            if (signer.CommonName != SignerName)
            {
                return $"the signer is not named '{SignerName}'";
            }

            var error = CertificateRole.CheckSigner(signer, "signer");
            if (error.Length > 0)
            {
                return error;
            }

            if (key is null || !signer.Issuer.Span.SequenceEqual(root.Subject.Span))
            {
                return "the signer was not issued by the root, or its key is not a point on P-256";
            }

            return chain.RootKey is not null && chain.RootKey.Verify(signer.Scheme, signer.Tbs.Span, signer.Signature.Span)
                ? ""
                : "the signature of the signer's certificate does not verify with the root's key";
        }
    }
}
