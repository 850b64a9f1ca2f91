using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Primitives;

namespace Casemate.Collateral;

/// <summary>
/// Evidence and the collateral to verify it, in one JSON file that can be kept and verified offline, years later if need be. It
/// holds no trusted root: whoever verifies brings those. Documented in <c>docs/verify.md</c>.
/// </summary>
public sealed record EvidenceBundle
{
    private const string KindName = "EvidenceBundle";
    private const string Form = "evidence bundle";

    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The kind of hardware that made the evidence.</summary>
    public required Tee Tee { get; init; }

    /// <summary>
    /// The quote (SGX, TDX) or report (SEV-SNP), at most 64 KiB; of an Azure VM its JSON evidence, see
    /// <see cref="Attestation.Azure.AzureEvidence.Write"/>.
    /// </summary>
    public required ReadOnlyMemory<byte> Evidence { get; init; }

    /// <summary>The event log of a TD, at most 512 KiB; empty when there is none.</summary>
    public ReadOnlyMemory<byte> EventLog { get; init; }

    /// <summary>When the bundle was made. For people; verification takes its time from its caller.</summary>
    public required DateTimeOffset Made { get; init; }

    /// <summary>Collateral of an SGX or TDX quote; null when the bundle carries none.</summary>
    public DcapCollateral? DcapCollateral { get; init; }

    /// <summary>Certificates behind a SEV-SNP report; null when the bundle carries none.</summary>
    public SnpEndorsements? SnpEndorsements { get; init; }

    /// <summary>Writes the bundle as JSON text.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("kind", KindName);
            json.WriteString("made", Made.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteString("tee", VerdictJson.NameOf(Tee));
            json.WriteBase64String("evidence", Evidence.Span);
            if (!EventLog.IsEmpty)
            {
                json.WriteBase64String("eventLog", EventLog.Span);
            }

            if (DcapCollateral is { } dcap)
            {
                json.WritePropertyName("collateral");
                DcapCollateralJson.Write(json, dcap);
            }
            else if (SnpEndorsements is { } snp)
            {
                json.WritePropertyName("collateral");
                WriteEndorsements(json, snp);
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a bundle.</summary>
    /// <param name="content">The JSON text.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="MalformedInputException">It is no bundle, or a damaged one; the message names line or member.</exception>
    public static EvidenceFile Parse(ReadOnlyMemory<byte> content, string name)
    {
        using var document = JsonInput.ParseObject(content, name);
        return IsBundle(document.RootElement)
            ? Read(document.RootElement, name)
            : throw new MalformedInputException(name, $"is not an evidence bundle: its member 'kind' is not '{KindName}'");
    }

    /// <summary>Whether an object says that it is a bundle.</summary>
    internal static bool IsBundle(JsonElement root) =>
        root.TryGetProperty("kind", out var kind) && kind.ValueKind is JsonValueKind.String && kind.ValueEquals(KindName);

    internal static EvidenceFile Read(JsonElement root, string name)
    {
        var version = JsonInput.RequireString(root, "apiVersion", name);
        if (version != ApiVersion.V1)
        {
            throw new MalformedInputException(name, $"apiVersion is '{version}', this program reads '{ApiVersion.V1}'");
        }

        var tee = JsonInput.RequireString(root, "tee", name) switch
        {
            "sgx" => Tee.Sgx,
            "tdx" => Tee.Tdx,
            "snp" => Tee.Snp,
            var other => throw new MalformedInputException(name, $"the member 'tee' is '{other}': sgx, tdx or snp is expected"),
        };
        var text = JsonInput.RequireString(root, "evidence", name);
        if (!BinaryText.TryDecodeBase64(Encoding.UTF8.GetBytes(text), out var evidence) || evidence.Length > CollateralLimits.EvidenceBytes)
        {
            throw new MalformedInputException(
                name, $"the member 'evidence' is not base64 of at most {CollateralLimits.EvidenceBytes / 1024} KiB");
        }

        var pieces = new CollateralPieces();
        ReadCollateral(root, name, pieces);
        return ReadEvidence(evidence, tee, name, new CollateralSet(name, pieces)) with { EventLog = ReadEventLog(root, tee, name) };
    }

    /// <summary>Takes the collateral out of a bundle, if it carries any.</summary>
    internal static void ReadCollateral(JsonElement root, string name, CollateralPieces pieces)
    {
        if (!root.TryGetProperty("collateral", out var collateral) || collateral.ValueKind is JsonValueKind.Null)
        {
            return;
        }

        var place = $"{name}, member collateral";
        if (collateral.ValueKind is not JsonValueKind.Object)
        {
            throw new MalformedInputException(place, "is not an object");
        }

        if (DcapCollateralJson.IsDcapCollateral(collateral))
        {
            DcapCollateralJson.Read(collateral, place, pieces);
            return;
        }

        foreach (var certificate in (ReadOnlySpan<string>)["vek", "ask", "ark"])
        {
            var pem = Encoding.UTF8.GetBytes(JsonInput.RequireString(collateral, certificate, place));
            FileSorter.SortPem(pem, $"{place}.{certificate}", pieces);
        }

        if (JsonInput.OptionalString(collateral, "crl", place) is { } crl)
        {
            FileSorter.SortPem(Encoding.UTF8.GetBytes(crl), $"{place}.crl", pieces);
        }
    }

    private static EvidenceFile ReadEvidence(byte[] evidence, Tee tee, string name, CollateralSet collateral)
    {
        if (!JsonInput.LooksLikeObject(evidence))
        {
            return new EvidenceFile(name, tee, evidence, Form, collateral);
        }

        using var document = JsonInput.ParseObject(evidence, $"{name}, member evidence");
        if (!document.RootElement.TryGetProperty("hcl_report", out _))
        {
            throw new MalformedInputException(name, "the member 'evidence' holds JSON that is no Azure evidence");
        }

        var azure = EvidenceReader.ParseJson(document.RootElement, name, allowWrapping: false);
        return azure.Tee == tee
            ? azure with { Form = Form, Included = azure.Included.With(collateral) }
            : throw new MalformedInputException(name, $"the member 'tee' is '{VerdictJson.NameOf(tee)}', the evidence is of another kind");
    }

    private static ReadOnlyMemory<byte> ReadEventLog(JsonElement root, Tee tee, string name)
    {
        if (JsonInput.OptionalString(root, "eventLog", name) is not { } text)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        if (tee is not Tee.Tdx)
        {
            throw new MalformedInputException(name, "the member 'eventLog' stands beside evidence that is no TDX quote");
        }

        return BinaryText.TryDecodeBase64(Encoding.UTF8.GetBytes(text), out var log) && log.Length <= CcEventLog.MaxSize
            ? log
            : throw new MalformedInputException(
                name, $"the member 'eventLog' is not base64 of at most {CcEventLog.MaxSize / 1024} KiB");
    }

    private static void WriteEndorsements(Utf8JsonWriter json, SnpEndorsements endorsements)
    {
        json.WriteStartObject();
        json.WriteString("vek", PemText.Write("CERTIFICATE", endorsements.Vek));
        json.WriteString("ask", PemText.Write("CERTIFICATE", endorsements.Ask));
        json.WriteString("ark", PemText.Write("CERTIFICATE", endorsements.Ark));
        if (endorsements.Crl is { } crl)
        {
            json.WriteString("crl", PemText.Write("X509 CRL", crl));
        }

        json.WriteEndObject();
    }
}
