using System.Buffers.Binary;
using System.Text;

namespace Casemate.Measurement.Verity;

/// <summary>
/// The superblock before a stored tree. Nothing protects it: whoever trusts a root must get salt and sizes from where the root comes from,
/// or accept that they only make the root wrong. Source: cryptsetup, DMVerity, "On-disk format".
/// </summary>
/// <param name="HashType">0 or 1; see <see cref="VerityOptions.HashType"/>.</param>
/// <param name="Uuid">The identifier of the tree.</param>
/// <param name="Algorithm">The hash function.</param>
/// <param name="DataBlockSize">The bytes of a data block.</param>
/// <param name="HashBlockSize">The bytes of a block of hashes.</param>
/// <param name="DataBlocks">How many data blocks the tree covers: at least 1.</param>
/// <param name="Salt">The salt: 0 to 256 bytes.</param>
public sealed record VeritySuperblock(
    int HashType, Guid Uuid, VerityAlgorithm Algorithm, int DataBlockSize, int HashBlockSize, long DataBlocks, ReadOnlyMemory<byte> Salt)
{
    /// <summary>The size of a superblock; the tree begins with the next block of hashes.</summary>
    public const int Size = 512;

    private const int Version = 1;

    private static ReadOnlySpan<byte> Signature => "verity\0\0"u8;

    /// <summary>The parameters of the tree, for the rules of <see cref="VerityProfile.Cryptsetup"/>.</summary>
    public VerityOptions Options => new()
    {
        Algorithm = Algorithm,
        HashType = HashType,
        DataBlockSize = DataBlockSize,
        HashBlockSize = HashBlockSize,
        Salt = Salt,
        DataBlocks = DataBlocks,
    };

    /// <summary>Where the tree begins, counted from the begin of the superblock: the first block of hashes behind it.</summary>
    public long TreeOffset => Math.Max(Size, HashBlockSize);

    /// <summary>The superblock of a tree.</summary>
    /// <param name="root">The root that was computed.</param>
    /// <param name="uuid">The identifier; the caller makes it.</param>
    public static VeritySuperblock Of(VerityRoot root, Guid uuid)
    {
        ArgumentNullException.ThrowIfNull(root);
        var options = root.Options;
        return new VeritySuperblock(
            options.HashType, uuid, options.Algorithm, options.DataBlockSize, options.HashBlockSize, root.DataBlocks, options.Salt);
    }

    /// <summary>Reads a superblock.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes; what follows is not looked at.</param>
    /// <param name="superblock">The superblock; null when there is none.</param>
    /// <returns>What is wrong; <see cref="VerityError.None"/> after success.</returns>
    public static VerityError TryRead(ReadOnlySpan<byte> source, out VeritySuperblock? superblock)
    {
        superblock = null;
        if (source.Length < Size || !source[..8].SequenceEqual(Signature))
        {
            return VerityError.NotASuperblock;
        }

        var hashType = BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[8..]) != Version || hashType > 1)
        {
            return VerityError.Unsupported;
        }

        var name = source.Slice(32, 32);
        var end = name.IndexOf((byte)0);
        var dataBlockSize = BinaryPrimitives.ReadUInt32LittleEndian(source[64..]);
        var hashBlockSize = BinaryPrimitives.ReadUInt32LittleEndian(source[68..]);
        var dataBlocks = BinaryPrimitives.ReadUInt64LittleEndian(source[72..]);
        var saltSize = BinaryPrimitives.ReadUInt16LittleEndian(source[80..]);

        // So many bytes, at most, that positions in data and tree can be counted in a signed number.
        if (end <= 0 || name[end..].ContainsAnyExcept((byte)0) || !VerityOptions.IsBlockSize(dataBlockSize) || !VerityOptions.IsBlockSize(hashBlockSize)
            || dataBlocks == 0 || dataBlocks > (ulong)(long.MaxValue / VerityOptions.MaxBlockSize) || saltSize > VerityOptions.MaxSaltBytes
            || source.Slice(82, 6).ContainsAnyExcept((byte)0) || source[(88 + saltSize)..Size].ContainsAnyExcept((byte)0))
        {
            return VerityError.MalformedSuperblock;
        }

        if (AlgorithmOf(name[..end]) is not { } algorithm)
        {
            return VerityError.Unsupported;
        }

        superblock = new VeritySuperblock(
            (int)hashType, new Guid(source.Slice(16, 16), bigEndian: true), algorithm, (int)dataBlockSize, (int)hashBlockSize, (long)dataBlocks,
            source.Slice(88, saltSize).ToArray());
        return VerityError.None;
    }

    /// <summary>Reads a superblock.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    /// <exception cref="VerityException">There is none, it is damaged, or not supported.</exception>
    public static VeritySuperblock Parse(ReadOnlySpan<byte> source) => TryRead(source, out var superblock) switch
    {
        VerityError.None => superblock!,
        VerityError.NotASuperblock => throw new VerityException(
            VerityError.NotASuperblock, "there is no dm-verity superblock", "Give the tree's parameters, if it has none, or the place where it begins."),
        VerityError.Unsupported => throw new VerityException(
            VerityError.Unsupported, "the dm-verity superblock names a version, hash type or algorithm that is not supported",
            "Supported are version 1, hash types 0 and 1, sha256, sha384 and sha512."),
        var error => throw new VerityException(error, "the dm-verity superblock is damaged"),
    };

    /// <summary>Writes the superblock.</summary>
    /// <returns><see cref="Size"/> bytes.</returns>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        Signature.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)HashType);
        Uuid.TryWriteBytes(bytes.AsSpan(16), bigEndian: true, out _);
        Encoding.ASCII.GetBytes(NameOf(Algorithm)).CopyTo(bytes.AsSpan(32));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(64), (uint)DataBlockSize);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(68), (uint)HashBlockSize);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(72), (ulong)DataBlocks);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(80), (ushort)Salt.Length);
        Salt.Span.CopyTo(bytes.AsSpan(88));
        return bytes;
    }

    /// <summary>The name of an algorithm, as superblocks and the kernel have it: <c>sha256</c>.</summary>
    internal static string NameOf(VerityAlgorithm algorithm) => algorithm switch
    {
        VerityAlgorithm.Sha256 => "sha256",
        VerityAlgorithm.Sha384 => "sha384",
        _ => "sha512",
    };

    /// <summary>The algorithm of a name; null when it is not supported.</summary>
    internal static VerityAlgorithm? AlgorithmOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("sha256"u8) ? VerityAlgorithm.Sha256
        : name.SequenceEqual("sha384"u8) ? VerityAlgorithm.Sha384
        : name.SequenceEqual("sha512"u8) ? VerityAlgorithm.Sha512
        : null;
}
