using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Primitives.Files;

/// <summary>
/// One line of a <see cref="HashChainedLog"/>: the frame that every record has (version, number, hash of the line before, time), and
/// what the log's user puts after it.
/// </summary>
internal static class HashChainedLine
{
    /// <summary>Writes the line of a record, without line end.</summary>
    public static byte[] Write(
        long sequence, string previousHash, DateTimeOffset time, JavaScriptEncoder? encoder, Action<Utf8JsonWriter> writeMembers)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = encoder }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("v"u8, 1);
            writer.WriteNumber("seq"u8, sequence);
            writer.WriteString("prev"u8, previousHash);
            writer.WriteString("time"u8, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writeMembers(writer);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes the line that says that a torn last line was cut off.</summary>
    public static byte[] WriteRecovery(long sequence, string previousHash, DateTimeOffset time, long lostBytes) =>
        Write(sequence, previousHash, time, null, writer =>
        {
            writer.WriteString("event"u8, "recovered"u8);
            writer.WriteNumber("lostBytes"u8, lostBytes);
        });

    /// <summary>Reads what links a line to the others; null when it is no record.</summary>
    public static (long Sequence, string Previous)? ReadLink(byte[] line)
    {
        if (!StrictJson.TryParse(line, out var document, out _, maxDepth: 8))
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

    /// <summary>What the line after this one carries: SHA-256 in lower-case hex.</summary>
    public static string HashOf(ReadOnlySpan<byte> line) => Convert.ToHexStringLower(SHA256.HashData(line));
}
