using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Files;
using Casemate.Primitives.Json;

namespace Casemate.Broker;

/// <summary>
/// The keys behind stored resources, in one file: the first seals, all open, and one more turns names into file names, so that a
/// rotation moves no file.
/// </summary>
internal sealed class ResourceKeyRing
{
    public const int KeySize = 32;
    public const int IdSize = 16;

    private const int MaxFileSize = 64 * 1024;

    private readonly byte[] _nameKey;
    private readonly List<(byte[] Id, byte[] Key)> _keys;

    private ResourceKeyRing(byte[] nameKey, List<(byte[] Id, byte[] Key)> keys) => (_nameKey, _keys) = (nameKey, keys);

    /// <summary>The key that seals from now on.</summary>
    public (byte[] Id, byte[] Key) Current => _keys[0];

    /// <summary>
    /// Loads the file, or makes it with a fresh key. Of several processes that make it at once, one wins and all use its keys.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is there but is no key ring.</exception>
    public static ResourceKeyRing LoadOrCreate(string file)
    {
        if (!File.Exists(file))
        {
            var fresh = new ResourceKeyRing(RandomNumberGenerator.GetBytes(KeySize), [NewKey()]);
            if (AtomicFile.TryCreate(file, fresh.ToJson()))
            {
                return fresh;
            }
        }

        return Load(file);
    }

    /// <summary>Loads the file.</summary>
    /// <exception cref="InvalidDataException">The file is no key ring.</exception>
    public static ResourceKeyRing Load(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length > MaxFileSize)
        {
            throw Damaged(file, $"it is larger than {MaxFileSize} bytes");
        }

        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        try
        {
            return Read(file, json);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    /// <summary>A copy whose current key is a fresh one; the old ones stay for reading.</summary>
    public ResourceKeyRing WithNewKey() => new(_nameKey, [NewKey(), .. _keys]);

    /// <summary>A copy with the current key alone.</summary>
    public ResourceKeyRing WithCurrentKeyOnly() => new(_nameKey, [Current]);

    /// <summary>Writes the file.</summary>
    public void Save(string file) => AtomicFile.Write(file, ToJson());

    /// <summary>Finds the key with an id.</summary>
    public bool TryFind(ReadOnlySpan<byte> id, [NotNullWhen(true)] out byte[]? key)
    {
        foreach (var (candidate, value) in _keys)
        {
            if (id.SequenceEqual(candidate))
            {
                key = value;
                return true;
            }
        }

        key = null;
        return false;
    }

    /// <summary>The name of a resource's file, which tells nothing of the resource's name without the key.</summary>
    public string FileNameOf(ResourcePath path) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_nameKey, Encoding.ASCII.GetBytes(path.ToString())));

    private static (byte[] Id, byte[] Key) NewKey() => (RandomNumberGenerator.GetBytes(IdSize), RandomNumberGenerator.GetBytes(KeySize));

    private static ResourceKeyRing Read(string file, byte[] json)
    {
        if (!StrictJson.TryParse(json, out var document, out var error, maxDepth: 4))
        {
            throw Damaged(file, error);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("version", out var version)
                || version.ValueKind is not JsonValueKind.Number || !version.TryGetInt32(out var number) || number != 1)
            {
                throw Damaged(file, "it is not of version 1");
            }

            var keys = new List<(byte[] Id, byte[] Key)>();
            if (root.TryGetProperty("keys", out var list) && list.ValueKind is JsonValueKind.Array)
            {
                foreach (var entry in list.EnumerateArray())
                {
                    keys.Add((ReadBytes(file, entry, "id", IdSize), ReadBytes(file, entry, "key", KeySize)));
                }
            }

            return keys.Count > 0
                ? new ResourceKeyRing(ReadBytes(file, root, "nameKey", KeySize), keys)
                : throw Damaged(file, "it holds no key");
        }
    }

    private static byte[] ReadBytes(string file, JsonElement element, string name, int size) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            && value.TryGetBytesFromBase64(out var bytes) && bytes.Length == size
            ? bytes
            : throw Damaged(file, $"'{name}' is not base64 of {size} bytes");

    private static InvalidDataException Damaged(string file, string reason) =>
        new($"The key file '{file}' cannot be used: {reason}. Without it the resources cannot be read; restore it from a copy.");

    private byte[] ToJson()
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version"u8, 1);
            writer.WriteBase64String("nameKey"u8, _nameKey);
            writer.WriteStartArray("keys"u8);
            foreach (var (id, key) in _keys)
            {
                writer.WriteStartObject();
                writer.WriteBase64String("id"u8, id);
                writer.WriteBase64String("key"u8, key);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
