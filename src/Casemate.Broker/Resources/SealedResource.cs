using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Broker;

/// <summary>
/// The file of one resource: name and content, each sealed with AES-256-GCM under the same key and a random nonce of its own.
/// </summary>
/// <remarks>
/// <code>
///   0  "CMSECRET"          magic, 8 bytes
///   8  format version      u16, big endian: 1
///  10  length of the name  u16, big endian
///  12  key id              16 bytes
///  28  nonce of the name   12 bytes
///  40  nonce of the content 12 bytes
///  52  sealed name, then its tag (16), then the sealed content, then its tag (16)
/// </code>
/// The associated data of the name is the 52 bytes before it; that of the content is the same and the name itself, so that neither
/// part can be moved to another file, another name or another header.
/// </remarks>
internal static class SealedResource
{
    public const int HeaderSize = 52;
    public const int TagSize = 16;

    /// <summary>What a file is longer than its content, at most.</summary>
    public const int MaxOverhead = HeaderSize + 2 * TagSize + 3 * ResourcePath.MaxSegmentLength + 2;

    private const int NonceSize = 12;

    private static ReadOnlySpan<byte> Magic => "CMSECRET"u8;

    /// <summary>Seals name and content.</summary>
    public static byte[] Seal(ResourcePath path, ReadOnlySpan<byte> content, (byte[] Id, byte[] Key) key)
    {
        var name = Encoding.ASCII.GetBytes(path.ToString());
        var file = new byte[HeaderSize + name.Length + TagSize + content.Length + TagSize];
        var header = file.AsSpan(0, HeaderSize);
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[8..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)name.Length);
        key.Id.CopyTo(header[12..]);
        RandomNumberGenerator.Fill(header.Slice(28, 2 * NonceSize));

        using var gcm = new AesGcm(key.Key, TagSize);
        var sealedName = file.AsSpan(HeaderSize, name.Length);
        gcm.Encrypt(header.Slice(28, NonceSize), name, sealedName, file.AsSpan(HeaderSize + name.Length, TagSize), header);
        var rest = file.AsSpan(HeaderSize + name.Length + TagSize);
        gcm.Encrypt(header.Slice(40, NonceSize), content, rest[..^TagSize], rest[^TagSize..], [.. header, .. name]);
        return file;
    }

    /// <summary>Reads the key id of a file; nothing is verified.</summary>
    /// <returns>What is wrong; null for a file of this format.</returns>
    public static string? ReadKeyId(ReadOnlySpan<byte> file, out byte[] keyId)
    {
        keyId = [];
        if (file.Length < HeaderSize + 2 * TagSize || !file.StartsWith(Magic))
        {
            return "it is cut off or no resource";
        }

        var version = BinaryPrimitives.ReadUInt16BigEndian(file[8..]);
        if (version != 1)
        {
            return $"its format version is {version}, and this program reads version 1";
        }

        keyId = file.Slice(12, ResourceKeyRing.IdSize).ToArray();
        return null;
    }

    /// <summary>Opens the name of a file whose key id was read.</summary>
    public static bool TryOpenName(ReadOnlySpan<byte> file, byte[] key, out ResourcePath path)
    {
        path = default;
        var length = BinaryPrimitives.ReadUInt16BigEndian(file[10..]);
        if (file.Length < HeaderSize + length + TagSize)
        {
            return false;
        }

        var header = file[..HeaderSize];
        var name = new byte[length];
        using var gcm = new AesGcm(key, TagSize);
        try
        {
            gcm.Decrypt(
                header.Slice(28, NonceSize), file.Slice(HeaderSize, length), file.Slice(HeaderSize + length, TagSize), name, header);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        return ResourcePath.TryParse(Encoding.ASCII.GetString(name), out path);
    }

    /// <summary>Opens the content of a file whose key id was read, if it is the file of this name.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> file, ResourcePath path, byte[] key, [NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        var name = Encoding.ASCII.GetBytes(path.ToString());
        var length = BinaryPrimitives.ReadUInt16BigEndian(file[10..]);
        var rest = HeaderSize + length + TagSize;
        if (length != name.Length || file.Length < rest + TagSize)
        {
            return false;
        }

        var header = file[..HeaderSize];
        var plain = new byte[file.Length - rest - TagSize];
        using var gcm = new AesGcm(key, TagSize);
        try
        {
            gcm.Decrypt(header.Slice(40, NonceSize), file[rest..^TagSize], file[^TagSize..], plain, [.. header, .. name]);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        content = plain;
        return true;
    }
}
