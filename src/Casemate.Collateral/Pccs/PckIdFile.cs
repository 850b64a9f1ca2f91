using System.Text;

namespace Casemate.Collateral.Pccs;

/// <summary>
/// What Intel's PCK id retrieval tool writes about a machine (<c>pckid_retrieval.csv</c>): encrypted PPID, PCEID, CPUSVN, PCESVN, QE id
/// and, for machines with several packages, the platform manifest; hex, with commas between. Also reads the JSON of a registration.
/// </summary>
public static class PckIdFile
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaximumBytes = 256 * 1024;

    /// <summary>Reads a file.</summary>
    /// <param name="content">CSV of one line, or one JSON object.</param>
    /// <param name="registration">The machine; null on failure.</param>
    /// <param name="error">What is wrong, without a part of the input; empty on success.</param>
    public static bool TryRead(ReadOnlyMemory<byte> content, out PlatformRegistration? registration, out string error)
    {
        registration = null;
        if (content.Length > MaximumBytes)
        {
            error = $"it is larger than {MaximumBytes / 1024} KiB";
            return false;
        }

        if (JsonInput.LooksLikeObject(content.Span))
        {
            return PlatformRegistration.TryRead(content, out registration, out error);
        }

        var lines = Encoding.UTF8.GetString(content.Span)
            .Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var fields = lines.Length == 1 ? lines[0].TrimEnd(',').Split(',', StringSplitOptions.TrimEntries) : [];
        if (fields.Length is not (5 or 6))
        {
            error = "it is not one line of 5 or 6 fields: encrypted PPID, PCEID, CPUSVN, PCESVN, QE id and, with several packages, the "
                + "platform manifest";
            return false;
        }

        return PlatformRegistration.TryRead(Json(fields), out registration, out error);
    }

    // One reader decides what a machine is, whatever form it comes in.
    private static byte[] Json(string[] fields)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new System.Text.Json.Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("enc_ppid", fields[0]);
            json.WriteString("pce_id", fields[1]);
            json.WriteString("cpu_svn", fields[2]);
            json.WriteString("pce_svn", fields[3]);
            json.WriteString("qe_id", fields[4]);
            json.WriteString("platform_manifest", fields.Length > 5 ? fields[5] : "");
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
