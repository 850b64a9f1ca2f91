using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation.Dcap;

namespace Casemate.Attestation.Bench.Baseline;

/// <summary>
/// The work of a well-known verifier (google/go-tdx-guest with collateral and revocation lists), written anew with the framework's
/// ordinary types: nothing is kept between calls, every certificate and document is parsed and every signature verified on each.
/// Knows TCB info version 3 and quotes that carry their chain. Reads the quote with <see cref="Quote"/>, which costs next to nothing.
/// </summary>
/// <param name="trustedRoot">The pinned root, DER.</param>
/// <param name="repeats">
/// False: each of the ten signatures is verified once. True: as often as that verifier does in one call, which validates links, builds the
/// chain again from its pool, and does so anew for each of the two documents: 19 verifications.
/// </param>
internal sealed class FrameworkQuoteVerifier(byte[] trustedRoot, bool repeats)
{
    /// <summary>Verifies one quote.</summary>
    /// <returns>The status words of platform, quoting enclave and TDX module (null for SGX).</returns>
    /// <exception cref="CryptographicException">A check failed.</exception>
    public (string Platform, string Qe, string? Module) Verify(ReadOnlySpan<byte> bytes, DcapCollateral collateral, DateTimeOffset now)
    {
        Require(Quote.TryRead(bytes, out var quote, out _) is QuoteError.None, "quote");
        var chain = ParsedCertificate.ReadPem(quote.CertificationData);
        var tcbChain = ParsedCertificate.ReadPem(collateral.TcbInfo.IssuerChainPem.Span);
        var qeChain = ParsedCertificate.ReadPem(collateral.QeIdentity.IssuerChainPem.Span);
        try
        {
            Require(chain.Length == 3 && tcbChain.Length == 2 && qeChain.Length == 2, "chain lengths");
            var (pck, intermediate, root) = (chain[0], chain[1], chain[2]);
            Require(root.Certificate.RawDataMemory.Span.SequenceEqual(trustedRoot), "root");
            Require(Array.TrueForAll(chain, c => c.IsValidAt(now)) && Array.TrueForAll(tcbChain, c => c.IsValidAt(now)), "validity");
            Require(Array.TrueForAll(qeChain, c => c.IsValidAt(now)), "validity");
            Require(root.IsIssuedByEcdsa(root) && intermediate.IsIssuedByEcdsa(root) && pck.IsIssuedByEcdsa(intermediate), "PCK chain");

            var (rootCrl, pckCrl) = (new RevocationList(collateral.RootCaCrl), new RevocationList(collateral.PckCrl));
            Require(rootCrl.IsValid(root, now) && pckCrl.IsValid(intermediate, now), "revocation lists");
            Require(!rootCrl.Revokes(intermediate) && !pckCrl.Revokes(pck), "revoked");

            var tcbSigner = tcbChain[0];
            Require(tcbSigner.IsIssuedByEcdsa(root) && !rootCrl.Revokes(tcbSigner), "TCB signer");
            var qeSigner = SameBytes(tcbSigner, qeChain[0]) ? tcbSigner : qeChain[0];
            Require(qeSigner == tcbSigner || (qeSigner.IsIssuedByEcdsa(root) && !rootCrl.Revokes(qeSigner)), "QE identity's signer");
            Require(SameBytes(root, tcbChain[1]) && SameBytes(root, qeChain[1]), "root of the documents");
            Require(IsSigned(collateral.TcbInfo, tcbSigner) && IsSigned(collateral.QeIdentity, qeSigner), "documents");
            if (repeats)
            {
                Require(intermediate.IsIssuedByEcdsa(root) && pck.IsIssuedByEcdsa(intermediate), "PCK chain, built from the pool");
                Require(root.IsIssuedByEcdsa(root) && tcbSigner.IsIssuedByEcdsa(root) && rootCrl.IsValid(root, now), "chain of the TCB info");
                Require(root.IsIssuedByEcdsa(root) && qeSigner.IsIssuedByEcdsa(root) && rootCrl.IsValid(root, now), "chain of the QE identity");
                Require(qeSigner.IsIssuedByEcdsa(root), "chain of the QE identity, built from the pool");
            }

            Require(
                pck.EcdsaKey.VerifyData(
                    quote.QeReport, quote.QeReportSignature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
                "QE report");
            using var attestationKey = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = quote.AttestationKey[..32].ToArray(), Y = quote.AttestationKey[32..].ToArray() },
            });
            Require(
                attestationKey.VerifyData(
                    quote.SignedBytes, quote.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
                "quote signature");
            var binding = SHA256.HashData([.. quote.AttestationKey, .. quote.QeAuthenticationData]);
            Require(quote.QeReport[320..352].SequenceEqual(binding) && !quote.QeReport[352..384].ContainsAnyExcept((byte)0), "binding");

            using var tcbInfo = JsonDocument.Parse(collateral.TcbInfo.Body);
            using var qeIdentity = JsonDocument.Parse(collateral.QeIdentity.Body);
            return FrameworkTcb.Evaluate(quote, new PckTcb(pck), tcbInfo.RootElement, qeIdentity.RootElement, now);
        }
        finally
        {
            foreach (var certificate in (ParsedCertificate[])[.. chain, .. tcbChain, .. qeChain])
            {
                certificate.Dispose();
            }
        }
    }

    internal static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new CryptographicException($"the baseline refuses: {what}");
        }
    }

    private static bool SameBytes(ParsedCertificate left, ParsedCertificate right) =>
        left.Certificate.RawDataMemory.Span.SequenceEqual(right.Certificate.RawDataMemory.Span);

    private static bool IsSigned(SignedDocument document, ParsedCertificate signer) => signer.EcdsaKey.VerifyData(
        document.Body.Span, document.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
}
