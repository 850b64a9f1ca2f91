using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Attestation.Dcap;

namespace Casemate.Quoting.Qgs;

/// <summary>
/// Collateral as the protocol carries it: seven texts, each with a NUL at its end, in the form that Intel's provider library calls 3.0
/// (chains as PEM, revocation lists as hex of DER, signed documents as JSON).
/// </summary>
internal sealed class QgsCollateral
{
    /// <summary>Major version of the form.</summary>
    public const ushort MajorVersion = 3;

    /// <summary>Minor version of the form: revocation lists are hex.</summary>
    public const ushort MinorVersion = 0;

    private QgsCollateral(byte[][] parts) => Parts = parts;

    /// <summary>
    /// Issuer chain of the PCK CRL, root CA CRL, PCK CRL, issuer chain of the TCB info, TCB info, issuer chain of the QE identity, QE
    /// identity.
    /// </summary>
    public IReadOnlyList<byte[]> Parts { get; }

    /// <summary>Reads what a request asks for; null when it cannot be.</summary>
    /// <param name="fmspc">FMSPC, 6 bytes.</param>
    /// <param name="pckCa"><c>processor</c> or <c>platform</c>, with or without NULs at its end.</param>
    public static DcapCollateralQuery? Query(ReadOnlySpan<byte> fmspc, ReadOnlySpan<byte> pckCa)
    {
        const int fmspcSize = 6;
        var name = pckCa.TrimEnd((byte)0);
        var isPlatform = name.SequenceEqual("platform"u8);
        return fmspc.Length == fmspcSize && (isPlatform || name.SequenceEqual("processor"u8))
            ? new DcapCollateralQuery(Attestation.Tee.Tdx, Convert.ToHexStringLower(fmspc), isPlatform)
            {
                // With this the answer brings the chain of the PCK CA, which issues the revocation list.
                CertificationDataType = CertificationDataType.PckLeaf,
            }
            : null;
    }

    /// <summary>Puts collateral into the protocol's form.</summary>
    /// <exception cref="QuoteProviderException">The chain of the PCK CA is not in it, or a revocation list is none.</exception>
    public static QgsCollateral Of(DcapCollateral collateral) => new(
    [
        Terminated(CrlIssuerChain(collateral.PckCertificateChainPem)),
        Terminated(Hex(collateral.RootCaCrl.Span)),
        Terminated(Hex(collateral.PckCrl.Span)),
        Terminated(collateral.TcbInfo.IssuerChainPem.Span),
        Document("tcbInfo"u8, collateral.TcbInfo),
        Terminated(collateral.QeIdentity.IssuerChainPem.Span),
        Document("enclaveIdentity"u8, collateral.QeIdentity),
    ]);

    private static byte[] Terminated(ReadOnlySpan<byte> text) => [.. text.TrimEnd((byte)0), 0];

    // The body is signed as it is: it goes in unchanged.
    private static byte[] Document(ReadOnlySpan<byte> name, SignedDocument document) =>
    [
        .. "{\""u8, .. name, .. "\":"u8, .. document.Body.Span, .. ",\"signature\":\""u8,
        .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(document.Signature.Span)), .. "\"}\0"u8,
    ];

    // The chain may begin with a machine's own certificate, which issues nothing.
    private static byte[] CrlIssuerChain(ReadOnlyMemory<byte>? pem)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(Encoding.Latin1.GetString((pem ?? default).Span));
            var issuers = chain.Where(
                certificate => certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority));
            var text = string.Join('\n', issuers.Select(certificate => certificate.ExportCertificatePem()));
            return text.Length > 0 ? Encoding.ASCII.GetBytes(text + "\n")
                : throw Unusable("the certificate of the PCK CA is missing from the collateral", null);
        }
        catch (CryptographicException e)
        {
            throw Unusable("the chain of the PCK CA cannot be read", e);
        }
        finally
        {
            foreach (var certificate in chain)
            {
                certificate.Dispose();
            }
        }
    }

    // Sources have revocation lists as DER, PEM or hex already.
    private static byte[] Hex(ReadOnlySpan<byte> crl)
    {
        const byte sequence = 0x30;                                        // where DER begins; hex of DER begins with the digit 3, 0x33
        if (crl.StartsWith(sequence))
        {
            return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(crl));
        }

        var text = Encoding.Latin1.GetString(crl);
        if (!PemEncoding.TryFind(text, out var fields))
        {
            return text.Trim('\0', '\r', '\n') is { Length: > 0 } hex && hex.All(char.IsAsciiHexDigit)
                ? Encoding.ASCII.GetBytes(hex) : throw Unusable("a revocation list is neither DER nor PEM nor hex", null);
        }

        var der = new byte[fields.DecodedDataLength];
        return Convert.TryFromBase64Chars(text.AsSpan()[fields.Base64Data], der, out var length)
            ? Encoding.ASCII.GetBytes(Convert.ToHexStringLower(der.AsSpan(0, length)))
            : throw Unusable("a revocation list is not the PEM that it seems to be", null);
    }

    private static QuoteProviderException Unusable(string problem, Exception? cause) => new(
        AesmError.NoPlatformCertificate, problem,
        "Fetch the collateral anew, with 'casemate collateral fetch' or from a caching service.", cause: cause);
}
