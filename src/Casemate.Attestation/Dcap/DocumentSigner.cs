using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Dcap;

/// <summary>The signer of TCB infos and enclave identities, verified under one root.</summary>
/// <param name="Certificate">Its certificate; null when it could not be read.</param>
/// <param name="Key">Its key; null when it is unusable.</param>
/// <param name="Error">Why it is not valid; empty when it is. Dates and revocation are judged by whoever uses it.</param>
internal sealed record DocumentSigner(Certificate? Certificate, VerifyingKey? Key, string Error)
{
    private const string SignerName = "Intel SGX TCB Signing";

    /// <summary>Reads an issuer chain: signer and root, PEM.</summary>
    /// <param name="pem">The chain.</param>
    /// <param name="root">The root that it must end in, byte for byte.</param>
    /// <param name="rootKey">The root's key; null when it is unusable.</param>
    public static DocumentSigner Read(ReadOnlyMemory<byte> pem, Certificate root, VerifyingKey? rootKey)
    {
        if (!PemCertificates.TryRead(pem.Span, out var certificates, out var error))
        {
            return new DocumentSigner(null, null, error);
        }

        var signer = certificates.Find(c => !c.Issuer.Span.SequenceEqual(c.Subject.Span));
        var ownRoot = certificates.Find(c => c.Issuer.Span.SequenceEqual(c.Subject.Span));
        if (certificates.Count != 2 || signer is null || ownRoot is null)
        {
            return new DocumentSigner(null, null, $"the issuer chain is not a signer and its root ({certificates.Count} certificates)");
        }

        VerifyingKey.TryCreate(signer, out var key);
        return new DocumentSigner(signer, key, Check(signer, ownRoot, root, rootKey, key));
    }

    /// <summary>Checks the signature of a document.</summary>
    /// <returns>What is wrong; empty when it holds.</returns>
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

    private static string Check(Certificate signer, Certificate ownRoot, Certificate root, VerifyingKey? rootKey, VerifyingKey? key)
    {
        // The same root as the quote's chain: collateral of a simulator must never speak for hardware, nor the other way round.
        if (!ownRoot.Der.Span.SequenceEqual(root.Der.Span))
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

        return rootKey is not null && rootKey.Verify(signer.Scheme, signer.Tbs.Span, signer.Signature.Span)
            ? ""
            : "the signature of the signer's certificate does not verify with the root's key";
    }
}
