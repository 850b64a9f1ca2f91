using System.Text;
using Casemate.Attestation;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// The routes, headers and encodings that Intel's provisioning service, PCCS and Azure's cache have in common. Source: Intel PCS API
/// v3 and v4; reference PCCS.
/// </summary>
internal static class CertificationApi
{
    /// <summary>Header of a PCK certificate's issuers.</summary>
    public const string PckChainHeader = "SGX-PCK-Certificate-Issuer-Chain";

    private const string IdentityChainHeader = "SGX-Enclave-Identity-Issuer-Chain";
    private const string EvaluationChainHeader = "TCB-Evaluation-Data-Numbers-Issuer-Chain";
    private const string PckCrlChainHeader = "SGX-PCK-CRL-Issuer-Chain";

    /// <summary>The route of a document behind the certification base, with its parameters; null for PCK certificates and AMD's.</summary>
    public static string? Route(CollateralKey key) => key.Kind switch
    {
        CollateralKind.TcbInfo => $"tcb?fmspc={key.Fmspc}{Update(key, '&')}",
        CollateralKind.QeIdentity => $"qe/identity{Update(key, '?')}",
        CollateralKind.QveIdentity => $"qve/identity{Update(key, '?')}",
        CollateralKind.PckCrl => $"pckcrl?ca={(key.PlatformCa ? "platform" : "processor")}&encoding=der",
        CollateralKind.RootCaCrl => "rootcacrl",
        CollateralKind.TcbEvaluationNumbers => "tcbevaluationdatanumbers",
        CollateralKind.Fmspcs => $"fmspcs?platform={Name(key.Platforms)}",
        _ => null,
    };

    /// <summary>The base for a key: <c>/sgx/certification/v4/</c> becomes <c>/tdx/certification/v4/</c> for TDX documents.</summary>
    public static Uri BaseFor(Uri certificationBase, CollateralKey key)
    {
        if (key.Tee is not Tee.Tdx
            || key.Kind is not (CollateralKind.TcbInfo or CollateralKind.QeIdentity or CollateralKind.TcbEvaluationNumbers))
        {
            return certificationBase;
        }

        return new UriBuilder(certificationBase)
        {
            Path = certificationBase.AbsolutePath.Replace("/sgx/", "/tdx/", StringComparison.Ordinal),
        }.Uri;
    }

    /// <summary>The header that carries the issuers; null for the root's CRL and the platform families, which have none.</summary>
    public static string? ChainHeader(CollateralKey key) => key.Kind switch
    {
        CollateralKind.TcbInfo => key.ApiVersion == 3 ? "SGX-TCB-Info-Issuer-Chain" : "TCB-Info-Issuer-Chain",
        CollateralKind.QeIdentity or CollateralKind.QveIdentity => IdentityChainHeader,
        CollateralKind.PckCrl => PckCrlChainHeader,
        CollateralKind.TcbEvaluationNumbers => EvaluationChainHeader,
        CollateralKind.PckCertificates or CollateralKind.PckCertificate => PckChainHeader,
        _ => null,
    };

    /// <summary>Makes the answer from a response: decodes CRLs that come as hex or PEM, and the chain from its header.</summary>
    public static UpstreamAnswer Read(CollateralKey key, UpstreamResponse response, DateTimeOffset now)
    {
        var chain = Array.Empty<byte>();
        if (ChainHeader(key) is { } header)
        {
            var encoded = response.Header(header);
            if (encoded.Length == 0 && key.Kind is CollateralKind.TcbInfo)
            {
                // The reference PCCS and old caches use the name of the other version.
                encoded = response.Header(key.ApiVersion == 3 ? "TCB-Info-Issuer-Chain" : "SGX-TCB-Info-Issuer-Chain");
            }

            if (!TryDecodeChain(encoded, out chain))
            {
                return UpstreamHttp.Malformed($"{response.Source}: the header {header} is missing or holds no certificates");
            }
        }

        var raw = response.Body;
        if (key.Kind is CollateralKind.PckCrl or CollateralKind.RootCaCrl or CollateralKind.SnpCrl && !TryDecodeCrl(raw, out raw))
        {
            return UpstreamHttp.Malformed($"{response.Source}: the answer is neither DER, hex nor PEM");
        }

        return Found(key, raw, chain, now, response.Source);
    }

    /// <summary>The answer with a document.</summary>
    public static UpstreamAnswer Found(CollateralKey key, byte[] raw, byte[] chain, DateTimeOffset now, string source) =>
        new(UpstreamStatus.Found, new StoredCollateral(key, raw, chain, now, source, null, null), HttpStatus: 200);

    /// <summary>Decodes a chain from a header: URL-encoded PEM.</summary>
    public static bool TryDecodeChain(string encoded, out byte[] pem)
    {
        pem = [];
        if (encoded.Length is 0 or > 4 * StoredCollateral.MaximumChainBytes)
        {
            return false;
        }

        // Some servers write a space as '+', and base64 has '+' of its own: those in the armour lines are the spaces.
        var text = Uri.UnescapeDataString(encoded)
            .Replace("BEGIN+CERTIFICATE", "BEGIN CERTIFICATE", StringComparison.Ordinal)
            .Replace("END+CERTIFICATE", "END CERTIFICATE", StringComparison.Ordinal);
        if (!text.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) || text.AsSpan().ContainsAnyExceptInRange('\t', '~')
            || text.Length > StoredCollateral.MaximumChainBytes)
        {
            return false;
        }

        pem = Encoding.ASCII.GetBytes(text);
        return true;
    }

    private static bool TryDecodeCrl(byte[] content, out byte[] der)
    {
        const byte sequence = 0x30;
        der = content;
        if (content is [sequence, >= 0x80, ..])
        {
            return true;                                                    // hex text has no byte above 0x7F
        }

        if (PemText.IsPem(content))
        {
            try
            {
                der = PemText.Read(content, "crl")[0].Der;
                return true;
            }
            catch (MalformedInputException)
            {
                return false;                                               // the caller says what is wrong
            }
        }

        return BinaryText.IsText(content) && BinaryText.TryDecodeHex(content, out der);
    }

    // Case counts here.
    private static string Name(PlatformSelection platforms) => platforms switch
    {
        PlatformSelection.All => "all",
        PlatformSelection.Client => "client",
        PlatformSelection.E3 => "E3",
        PlatformSelection.E5 => "E5",
        _ => throw new ArgumentOutOfRangeException(nameof(platforms), platforms, "Not a selection of platforms."),
    };

    // Without a parameter every service means the standard generation; some older ones refuse the parameter.
    private static string Update(CollateralKey key, char separator) =>
        key.Update.EvaluationDataNumber > 0 ? $"{separator}tcbEvaluationDataNumber={key.Update}"
        : key.Update.IsEarly ? $"{separator}update=early"
        : "";
}
