using Casemate.Attestation.Pki;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// Collateral after time-independent work for one PCK CA and root: parsed, signatures verified. Dates and revocation are judged on
/// each use.
/// </summary>
internal sealed class PreparedCollateral
{
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
        var tcbSigner = DocumentSigner.Read(collateral.TcbInfo.IssuerChainPem, chain.Root, chain.RootKey);
        var qeSigner = collateral.QeIdentity.IssuerChainPem.Span.SequenceEqual(collateral.TcbInfo.IssuerChainPem.Span)
            ? tcbSigner
            : DocumentSigner.Read(collateral.QeIdentity.IssuerChainPem, chain.Root, chain.RootKey);

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

    /// <summary>Reads a CRL and checks that its issuer signed it.</summary>
    /// <returns>What is wrong; empty on success.</returns>
    internal static string ReadCrl(
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
}
