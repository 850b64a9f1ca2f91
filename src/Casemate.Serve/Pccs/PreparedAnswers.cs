using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;

namespace Casemate.Serve.Pccs;

/// <summary>
/// Prepared answers beside the collateral that they are made from. The cache decides at every request what is in force, so an answer is
/// never older than its collateral: it goes with it, and there are never more than the cache holds entries.
/// </summary>
internal sealed class PreparedAnswers
{
    private const string Pem = "application/x-pem-file";
    private const string Crl = "application/pkix-crl";
    private const string PckChain = "SGX-PCK-Certificate-Issuer-Chain";

    private readonly ConditionalWeakTable<StoredCollateral, PreparedAnswer?[]> _documents = [];
    private readonly ConditionalWeakTable<object, PreparedAnswer?[]> _certificates = [];

    /// <summary>A document, CRL, certificate or chain.</summary>
    public PreparedAnswer Document(StoredCollateral collateral, AnswerForm form)
    {
        var forms = _documents.GetValue(collateral, static _ => new PreparedAnswer?[5]);
        return forms[(int)form] ??= Make(collateral, form);
    }

    /// <summary>A PCK certificate: PEM with headers, or the JSON of Azure's metadata service.</summary>
    public PreparedAnswer Certificate(PckCertificateAnswer certificate, bool asJson)
    {
        // The one certificate that another service chose is wrapped anew at each question; a choice among all is kept as it is.
        object owner = certificate.Source.Key.Kind is CollateralKind.PckCertificate ? certificate.Source : certificate;
        var forms = _certificates.GetValue(owner, static _ => new PreparedAnswer?[2]);
        return forms[asJson ? 1 : 0] ??= Make(certificate, asJson);
    }

    private static PreparedAnswer Make(StoredCollateral collateral, AnswerForm form)
    {
        var kind = collateral.Key.Kind;
        var header = kind switch
        {
            CollateralKind.TcbInfo => form is AnswerForm.Version3 ? "SGX-TCB-Info-Issuer-Chain" : "TCB-Info-Issuer-Chain",
            CollateralKind.QeIdentity or CollateralKind.QveIdentity => "SGX-Enclave-Identity-Issuer-Chain",
            CollateralKind.PckCrl => "SGX-PCK-CRL-Issuer-Chain",
            CollateralKind.TcbEvaluationNumbers => "TCB-Evaluation-Data-Numbers-Issuer-Chain",
            _ => null,
        };
        var (type, body) = (form, kind) switch
        {
            (AnswerForm.HexCrl, CollateralKind.RootCaCrl) => (Crl, Hex(collateral)),
            (AnswerForm.HexCrl, _) => (Pem, Hex(collateral)),
            (AnswerForm.DerCrl, _) or (_, CollateralKind.SnpCrl) => (Crl, collateral.Raw),
            (_, CollateralKind.Vcek or CollateralKind.Vlek) => ("application/pkix-cert", collateral.Raw),
            (_, CollateralKind.SnpChain) => (Pem, collateral.Raw),
            _ => ("application/json", collateral.Raw),
        };
        return header is null || form is AnswerForm.Kds
            ? new PreparedAnswer(type, body)
            : new PreparedAnswer(type, body, (header, Encoded(collateral.IssuerChainPem)));
    }

    private static PreparedAnswer Make(PckCertificateAnswer certificate, bool asJson)
    {
        var chain = Encoded(certificate.IssuerChainPem);
        (string Name, string Value)[] headers =
        [
            ("SGX-TCBm", certificate.Tcbm.ToUpperInvariant()),
            ("SGX-FMSPC", certificate.Fmspc.ToUpperInvariant()),
            ("SGX-PCK-Certificate-CA-Type", certificate.PlatformCa ? "PLATFORM" : "PROCESSOR"),
            (PckChain, chain),
        ];
        if (!asJson)
        {
            return new PreparedAnswer(Pem, certificate.CertificatePem, [.. headers.Select(h =>
                (h.Name, new Microsoft.Extensions.Primitives.StringValues(h.Value)))]);
        }

        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("pckCert", certificate.CertificatePem.Span);
            json.WriteString("tcbm", headers[0].Value);
            foreach (var (name, value) in headers)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return new PreparedAnswer("application/json", body.WrittenMemory);
    }

    private static byte[] Hex(StoredCollateral collateral) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(collateral.Raw.Span));

    private static string Encoded(ReadOnlyMemory<byte> pem) => Uri.EscapeDataString(Encoding.ASCII.GetString(pem.Span));
}
