using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Json;

namespace Casemate.Quoting.Service.Audit;

/// <summary>
/// The line of the audit log for a record, in the same frame (version, number, hash of the line before, time) as the key broker's.
/// </summary>
internal static class QuoteAuditLine
{
    // Names that come from a pod are short; what is longer is cut, so that no line grows beyond what readers take.
    private const int MaximumText = 512;

    /// <summary>The line of a record, without line end.</summary>
    public static byte[] Write(QuoteAuditRecord record, long sequence, string previous) => Write(sequence, previous, record.Time, writer =>
    {
        writer.WriteString("event"u8, "quote"u8);
        writer.WriteString("result"u8, record.Result.ToString());
        writer.WriteNumber("code"u8, (int)record.Result);
        WriteOptional(writer, "refusal"u8, record.Refusal?.ToString());
        WriteOptional(writer, "dcapCode"u8, record.DcapCode is { } code ? "0x" + code.ToString("X", CultureInfo.InvariantCulture) : null);
        writer.WriteString("provider"u8, record.Provider);
        writer.WriteBoolean("simulated"u8, record.Simulated);
        WritePeer(writer, record.Peer);
        writer.WriteString("tee"u8, KbsTee.NameOf(record.Tee));
        WriteQuoted(writer, record);
        writer.WriteString("reportDataSha256"u8, Convert.ToHexStringLower(record.ReportDataHash.Span));
    });

    /// <summary>The line that says that a torn last line was cut off.</summary>
    public static byte[] WriteRecovery(long sequence, string previous, DateTimeOffset time, long lostBytes) =>
        Write(sequence, previous, time, writer =>
        {
            writer.WriteString("event"u8, "recovered"u8);
            writer.WriteNumber("lostBytes"u8, lostBytes);
        });

    /// <summary>Reads what links a line to the others; null when it is no record.</summary>
    public static (long Sequence, string Previous)? ReadLink(ReadOnlySpan<byte> line)
    {
        if (!StrictJson.TryParse(line.ToArray(), out var document, out _, maxDepth: 8))
        {
            return null;
        }

        using (document)
        {
            var root = document.RootElement;
            return root.ValueKind is JsonValueKind.Object
                && root.TryGetProperty("seq", out var sequence) && sequence.ValueKind is JsonValueKind.Number
                && sequence.TryGetInt64(out var number)
                && root.TryGetProperty("prev", out var previous) && previous.ValueKind is JsonValueKind.String
                ? (number, previous.GetString()!)
                : null;
        }
    }

    // Evidence of the node itself has neither: its report is made with it.
    private static void WriteQuoted(Utf8JsonWriter writer, QuoteAuditRecord record)
    {
        if (!record.MrEnclave.IsEmpty)
        {
            writer.WriteStartObject("enclave"u8);
            writer.WriteString("mrenclave"u8, Convert.ToHexStringLower(record.MrEnclave.Span));
            writer.WriteString("mrsigner"u8, Convert.ToHexStringLower(record.MrSigner.Span));
            writer.WriteNumber("prodId"u8, record.IsvProdId);
            writer.WriteNumber("svn"u8, record.IsvSvn);
            writer.WriteBoolean("debug"u8, record.Debug);
            writer.WriteEndObject();
        }
        else if (!record.MrTd.IsEmpty)
        {
            writer.WriteStartObject("td"u8);
            writer.WriteString("mrtd"u8, Convert.ToHexStringLower(record.MrTd.Span));
            writer.WriteBoolean("debug"u8, record.Debug);
            writer.WriteEndObject();
        }
    }

    private static void WritePeer(Utf8JsonWriter writer, Peer peer)
    {
        writer.WriteStartObject("peer"u8);
        writer.WriteString("identification"u8, peer.Identification.ToString());
        WriteOptional(writer, "namespace"u8, peer.Namespace);
        WriteOptional(writer, "pod"u8, peer.PodName);
        WriteOptional(writer, "podUid"u8, peer.PodUid);
        WriteOptional(writer, "container"u8, peer.ContainerId);
        if (!peer.Endpoint.StartsWith("vsock:", StringComparison.Ordinal))
        {
            writer.WriteNumber("pid"u8, peer.Credential.ProcessId);
            writer.WriteNumber("uid"u8, peer.Credential.UserId);
        }

        WriteOptional(writer, "socket"u8, peer.Endpoint);
        writer.WriteEndObject();
    }

    private static byte[] Write(long sequence, string previous, DateTimeOffset time, Action<Utf8JsonWriter> writeRest)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteNumber("v"u8, 1);
            writer.WriteNumber("seq"u8, sequence);
            writer.WriteString("prev"u8, previous);
            writer.WriteString("time"u8, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writeRest(writer);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value.Length <= MaximumText ? value : string.Concat(value.AsSpan(0, MaximumText), "..."));
        }
    }
}
