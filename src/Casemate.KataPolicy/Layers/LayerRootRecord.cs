using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Oci;
using Casemate.Primitives.Json;

namespace Casemate.KataPolicy.Layers;

/// <summary>The file of one layer in a cache: a line of JSON, and a line with the SHA-256 of the first.</summary>
internal static class LayerRootRecord
{
    /// <summary>The largest file that is read: two watched files in base64, and the rest.</summary>
    public const int MaxBytes = 4 << 20;

    // Counts up with every change of what is computed, so that no file outlives the rules that it was made by.
    private const int Version = 1;

    private static readonly string[] s_states = ["absent", "present", "removed", "notAFile", "tooLarge"];

    /// <summary>The name of a profile, as the command line and files have it.</summary>
    public static string NameOf(LayerProfile profile) => profile switch
    {
        LayerProfile.Tarfs => "tarfs",
        LayerProfile.TarfsV1 => "tarfs-v1",
        LayerProfile.Ext4 => "ext4",
        _ => throw new ArgumentOutOfRangeException(nameof(profile)),
    };

    public static byte[] Write(LayerRoot root)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("diffId", root.DiffId.Text);
            json.WriteString("profile", NameOf(root.Profile));
            json.WriteString("rootHash", root.RootHash);
            json.WriteNumber("deviceBytes", root.DeviceBytes);
            json.WriteStartArray("files");
            foreach (var file in root.Files)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteString("state", s_states[(int)file.State]);
                json.WriteBase64String("content", file.Content.Span);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var line = output.ToArray();
        return [.. line, (byte)'\n', .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(line))), (byte)'\n'];
    }

    /// <summary>Reads a file; null when it is damaged, or of another layer, profile or version.</summary>
    public static LayerRoot? Read(ReadOnlyMemory<byte> file, Digest diffId, LayerProfile profile)
    {
        var end = file.Span.IndexOf((byte)'\n');
        if (end < 0)
        {
            return null;
        }

        var (line, sum) = (file[..end], file[(end + 1)..]);
        if (!sum.Span.SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(line.Span)) + "\n"))
            || !StrictJson.TryParse(line, out var document, out _, maxDepth: 4))
        {
            return null;
        }

        using (document)
        {
            return ReadRecord(document.RootElement, diffId, profile);
        }
    }

    private static LayerRoot? ReadRecord(JsonElement record, Digest diffId, LayerProfile profile)
    {
        if (record.ValueKind is not JsonValueKind.Object
            || !record.TryGetProperty("version", out var version) || version.ValueKind is not JsonValueKind.Number || !version.TryGetInt32(out var number)
            || number != Version
            || !TryText(record, "diffId", out var id) || id != diffId.Text
            || !TryText(record, "profile", out var name) || name != NameOf(profile)
            || !TryText(record, "rootHash", out var hash) || hash.Length != 64 || hash.AsSpan().ContainsAnyExcept("0123456789abcdef")
            || !record.TryGetProperty("deviceBytes", out var bytes) || bytes.ValueKind is not JsonValueKind.Number
            || !bytes.TryGetInt64(out var deviceBytes) || deviceBytes <= 0
            || !record.TryGetProperty("files", out var files) || files.ValueKind is not JsonValueKind.Array
            || files.GetArrayLength() != LayerRoots.WatchedFiles.Count)
        {
            return null;
        }

        var watched = new List<WatchedFile>();
        foreach (var file in files.EnumerateArray())
        {
            if (file.ValueKind is not JsonValueKind.Object
                || !TryText(file, "path", out var path) || path != LayerRoots.WatchedFiles[watched.Count]
                || !TryText(file, "state", out var stateName) || Array.IndexOf(s_states, stateName) is var state && state < 0
                || !file.TryGetProperty("content", out var text) || text.ValueKind is not JsonValueKind.String
                || !text.TryGetBytesFromBase64(out var content) || content.Length > WatchedFile.MaxBytes)
            {
                return null;
            }

            watched.Add(new WatchedFile(path, (WatchedFileState)state, content));
        }

        return new LayerRoot(diffId, profile, hash, deviceBytes, watched);
    }

    private static bool TryText(JsonElement element, string name, [NotNullWhen(true)] out string? text)
    {
        text = element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }
}
