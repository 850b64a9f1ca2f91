using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>
/// Writes and reads <c>primary_evidence</c> of the key broker protocol: the JSON in which guests of Confidential Containers send
/// their evidence. Reading gives back the hardware's own bytes; verifying them is another step.
/// Source: Confidential Containers, guest-components (attesters) and trustee (verifiers), protocol version 0.4.0.
/// </summary>
public static partial class KbsEvidence
{
    /// <summary>The largest quote that is read, in bytes.</summary>
    public const int MaxQuoteSize = 64 * 1024;

    /// <summary>The largest event log that is read, in bytes.</summary>
    public const int MaxEventLogSize = 512 * 1024;

    /// <summary>Writes SGX evidence.</summary>
    /// <param name="quote">The quote.</param>
    /// <returns>JSON, UTF-8.</returns>
    public static byte[] WriteSgx(ReadOnlySpan<byte> quote)
    {
        var output = new ArrayBufferWriter<byte>(quote.Length * 4 / 3 + 64);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteBase64String("quote"u8, quote);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes TDX evidence.</summary>
    /// <param name="quote">The quote.</param>
    /// <param name="eventLog">The event log; empty when there is none, which is written as null.</param>
    /// <returns>JSON, UTF-8.</returns>
    public static byte[] WriteTdx(ReadOnlySpan<byte> quote, ReadOnlySpan<byte> eventLog)
    {
        var output = new ArrayBufferWriter<byte>((quote.Length + eventLog.Length) * 4 / 3 + 64);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            if (eventLog.IsEmpty)
            {
                writer.WriteNull("cc_eventlog"u8);
            }
            else
            {
                writer.WriteBase64String("cc_eventlog"u8, eventLog);
            }

            writer.WriteBase64String("quote"u8, quote);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes sample evidence, which proves nothing.</summary>
    /// <param name="reportData">What to bind: the digest itself, not padded to 64 bytes.</param>
    /// <returns>JSON, UTF-8.</returns>
    public static byte[] WriteSample(ReadOnlySpan<byte> reportData)
    {
        var output = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("svn"u8, "1"u8);
            writer.WriteBase64String("report_data"u8, reportData);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads SGX evidence.</summary>
    /// <param name="evidence">The JSON object, from a parser that forbids duplicate members.</param>
    /// <param name="quote">The quote, at most <see cref="MaxQuoteSize"/> bytes; or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryReadSgx(JsonElement evidence, [NotNullWhen(true)] out byte[]? quote, [NotNullWhen(false)] out string? error)
    {
        error = ReadBase64(evidence, "quote", MaxQuoteSize, out quote);
        return error is null && quote is not null;
    }

    /// <summary>Reads TDX evidence.</summary>
    /// <param name="evidence">The JSON object, from a parser that forbids duplicate members.</param>
    /// <param name="tdx">Quote (at most <see cref="MaxQuoteSize"/> bytes) and event log; or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryReadTdx(
        JsonElement evidence, [NotNullWhen(true)] out KbsTdxEvidence? tdx, [NotNullWhen(false)] out string? error)
    {
        tdx = null;
        byte[]? eventLog = null;
        error = ReadBase64(evidence, "quote", MaxQuoteSize, out var quote);
        if (error is null && evidence.TryGetProperty("cc_eventlog", out var log) && log.ValueKind is not JsonValueKind.Null)
        {
            error = ReadBase64(evidence, "cc_eventlog", MaxEventLogSize, out eventLog);
        }

        if (error is not null || quote is null)
        {
            error ??= "quote is missing";
            return false;
        }

        tdx = new KbsTdxEvidence(quote, eventLog);
        return true;
    }

    /// <summary>Reads sample evidence.</summary>
    /// <param name="evidence">The JSON object, from a parser that forbids duplicate members.</param>
    /// <param name="reportData">What the guest says it bound, at most 64 bytes; or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryReadSample(
        JsonElement evidence, [NotNullWhen(true)] out byte[]? reportData, [NotNullWhen(false)] out string? error)
    {
        error = ReadBase64(evidence, "report_data", KbsRuntimeData.ReportDataSize, out reportData);
        return error is null && reportData is not null;
    }

    /// <summary>Reads SEV-SNP evidence and rebuilds the report.</summary>
    /// <param name="evidence">The JSON object, from a parser that forbids duplicate members.</param>
    /// <param name="snp">Report and certificates; or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryReadSnp(
        JsonElement evidence, [NotNullWhen(true)] out KbsSnpEvidence? snp, [NotNullWhen(false)] out string? error)
    {
        snp = null;
        if (evidence.ValueKind is not JsonValueKind.Object || !evidence.TryGetProperty("attestation_report", out var json))
        {
            error = "attestation_report is missing";
            return false;
        }

        if (!SnpReportJson.TryRead(json, out var report, out error) || !TryReadCertificates(evidence, out var certificates, out error))
        {
            return false;
        }

        snp = new KbsSnpEvidence(report, certificates);
        return true;
    }

    /// <summary>Parses evidence and hands it to one of the readers above.</summary>
    /// <param name="utf8Json">The evidence, UTF-8.</param>
    /// <param name="document">The parsed evidence, to be disposed; or null.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out JsonDocument? document, [NotNullWhen(false)] out string? error) =>
        StrictJson.TryParse(utf8Json, out document, out error);

    private static string? ReadBase64(JsonElement evidence, string name, int maxSize, out byte[]? bytes)
    {
        bytes = null;
        if (evidence.ValueKind is not JsonValueKind.Object)
        {
            return "the evidence is not a JSON object";
        }

        if (!evidence.TryGetProperty(name, out var value))
        {
            return $"{name} is missing";
        }

        if (value.ValueKind is not JsonValueKind.String || !value.TryGetBytesFromBase64(out var decoded))
        {
            return $"{name} is not a string of standard base64 with padding";
        }

        if (decoded.Length == 0 || decoded.Length > maxSize)
        {
            return $"{name} has {decoded.Length} bytes, accepted are 1 to {maxSize}";
        }

        bytes = decoded;
        return null;
    }
}
