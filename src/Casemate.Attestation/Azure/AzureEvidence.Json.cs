using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Casemate.Attestation.Azure;

public sealed partial record AzureEvidence
{
    /// <summary>The largest JSON text that is read, in bytes.</summary>
    public const int MaxJsonSize = 256 * 1024;

    private const int MaxTdQuoteSize = 64 * 1024;

    /// <summary>
    /// Reads the JSON that guests send: <c>{"version","tpm_quote":{"signature","message","pcrs"},"hcl_report","vcek"}</c>, for TDX with
    /// <c>td_quote</c> in place of <c>vcek</c>. Quote and PCRs are hex, the rest URL-safe base64, padded or not. <c>vcek</c> may be absent.
    /// </summary>
    /// <param name="json">
    /// The evidence, UTF-8. At most <see cref="MaxJsonSize"/> bytes; members that are not known here are ignored.
    /// </param>
    /// <param name="tee">SEV-SNP or TDX: which of the two shapes is expected.</param>
    /// <param name="evidence">The evidence, or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> json, Tee tee, [NotNullWhen(true)] out AzureEvidence? evidence, [NotNullWhen(false)] out string? error)
    {
        evidence = null;
        if (json.Length > MaxJsonSize)
        {
            error = $"evidence of {json.Length} bytes is larger than {MaxJsonSize}";
            return false;
        }

        if (!EvidenceJson.TryParse(json, out var document, out error))
        {
            return false;
        }

        using (document)
        {
            return TryRead(document.RootElement, tee, out evidence, out error);
        }
    }

    /// <summary>Reads evidence that is part of a larger JSON text.</summary>
    /// <param name="json">The JSON object, from a parser that forbids duplicate members.</param>
    /// <param name="tee">SEV-SNP or TDX: which of the two shapes is expected.</param>
    /// <param name="evidence">The evidence, or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryRead(
        JsonElement json, Tee tee, [NotNullWhen(true)] out AzureEvidence? evidence, [NotNullWhen(false)] out string? error)
    {
        if (tee is not (Tee.Snp or Tee.Tdx))
        {
            throw new ArgumentOutOfRangeException(nameof(tee), tee, "Azure confidential VMs run on SEV-SNP or TDX.");
        }

        evidence = null;
        if (json.ValueKind is not JsonValueKind.Object)
        {
            error = "the evidence is not an object";
            return false;
        }

        // Only a SEV-SNP guest may leave its part out: the VCEK can come from elsewhere, the TD's quote is the evidence itself.
        var inner = tee is Tee.Snp ? "vcek" : "td_quote";
        var hasInner = tee is Tee.Tdx || Has(json, "vcek") || Has(json, "td_quote");
        VtpmQuote? quote = null;
        byte[] hclReport = [], innerBytes = [];
        error = ReadVersion(json, out var version) ?? ReadQuote(json, out quote)
            ?? ReadBase64(json, "hcl_report", Azure.HclReport.MaxSize, out hclReport)
            ?? (hasInner ? ReadBase64(json, inner, tee is Tee.Snp ? Pki.Certificate.MaxSize : MaxTdQuoteSize, out innerBytes) : null);
        if (error is not null)
        {
            return false;
        }

        // Casts, since a conditional of array and null is an empty memory and not a missing one.
        evidence = new AzureEvidence
        {
            Version = version,
            HclReport = hclReport,
            Quote = quote!,
            Vcek = tee is Tee.Snp && hasInner ? (ReadOnlyMemory<byte>?)innerBytes : null,
            TdQuote = tee is Tee.Tdx ? (ReadOnlyMemory<byte>?)innerBytes : null,
        };
        return TryAddEventLog(json, ref evidence, out error);
    }

    /// <summary>Writes the JSON that <see cref="TryRead(ReadOnlyMemory{byte}, Tee, out AzureEvidence?, out string?)"/> reads.</summary>
    /// <returns>JSON, UTF-8.</returns>
    public byte[] Write()
    {
        var output = new ArrayBufferWriter<byte>(8 * 1024);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, Version);
            json.WriteStartObject("tpm_quote"u8);
            json.WriteString("signature"u8, Convert.ToHexStringLower(Quote.Signature.Span));
            json.WriteString("message"u8, Convert.ToHexStringLower(Quote.Message.Span));
            json.WriteStartArray("pcrs"u8);
            foreach (var pcr in Quote.Pcrs)
            {
                json.WriteStringValue(Convert.ToHexStringLower(pcr));
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteString("hcl_report"u8, Encode(HclReport.Span));
            if (Vcek is { } vcek)
            {
                json.WriteString("vcek"u8, Encode(vcek.Span));
            }

            if (TdQuote is { } tdQuote)
            {
                json.WriteString("td_quote"u8, Encode(tdQuote.Span));
            }

            if (EventLog is { } eventLog)
            {
                json.WriteBase64String("cc_eventlog"u8, eventLog.Span);
            }

            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    // Padded, as the guests' own library writes it.
    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = Base64Url.EncodeToString(bytes);
        return text.PadRight((text.Length + 3) / 4 * 4, '=');
    }

    private static bool Has(JsonElement json, string name) =>
        json.TryGetProperty(name, out var member) && member.ValueKind is not JsonValueKind.Null;

    private static string? ReadVersion(JsonElement json, out int version)
    {
        version = 0;
        if (!json.TryGetProperty("version", out var member))
        {
            return "'version' is missing: the shape from before versions is not supported, update the guest's attester";
        }

        return member.ValueKind is JsonValueKind.Number && member.TryGetInt32(out version) && version is 1 or 2
            ? null
            : "'version' is not 1 or 2";
    }

    private static string? ReadQuote(JsonElement json, out VtpmQuote? quote)
    {
        quote = null;
        if (!json.TryGetProperty("tpm_quote", out var member))
        {
            return "'tpm_quote' is missing or not an object";
        }

        return VtpmQuote.TryRead(member, out quote, out var error) ? null : error;
    }

    private static string? ReadBase64(JsonElement json, string name, int maximum, out byte[] bytes)
    {
        bytes = [];
        return json.TryGetProperty(name, out var member) && EvidenceJson.TryGetBase64Url(member, maximum, out bytes) && bytes.Length > 0
            ? null
            : $"'{name}' is missing or not URL-safe base64 of 1 to {maximum} bytes";
    }
}
