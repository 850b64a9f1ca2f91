using System.Numerics;

namespace Casemate.Measurement.Verity;

/// <summary>The parameters of a dm-verity tree. Source: kernel documentation, admin-guide/device-mapper/verity.rst; cryptsetup, DMVerity.</summary>
public sealed record VerityOptions
{
    /// <summary>The longest salt: 256 bytes, what the superblock has room for.</summary>
    public const int MaxSaltBytes = 256;

    /// <summary>The smallest block: 512 bytes.</summary>
    public const int MinBlockSize = 512;

    /// <summary>The largest block: 512 KiB.</summary>
    public const int MaxBlockSize = 512 * 1024;

    /// <summary>What image tools use: SHA-256, blocks of 4096 bytes, a salt of 32 zero bytes, hash type 1.</summary>
    public static VerityOptions Default { get; } = new();

    /// <summary>The hash function. Default: SHA-256.</summary>
    public VerityAlgorithm Algorithm { get; init; }

    /// <summary>1: the salt stands before the block. 0, the form of Chrome OS: behind it, and digests are packed without gaps. Default: 1.</summary>
    public int HashType { get; init; } = 1;

    /// <summary>The bytes of a data block: a power of two, 512 to 524,288. Default: 4096.</summary>
    public int DataBlockSize { get; init; } = 4096;

    /// <summary>The bytes of a block of hashes: a power of two, 512 to 524,288, with room for two digests. Default: 4096.</summary>
    public int HashBlockSize { get; init; } = 4096;

    /// <summary>The salt: 0 to 256 bytes. Default: 32 zero bytes.</summary>
    public ReadOnlyMemory<byte> Salt { get; init; } = new byte[32];

    /// <summary>Whose rules hold where tools differ. Default: those of the kernel.</summary>
    public VerityProfile Profile { get; init; }

    /// <summary>How many blocks are protected, from the first on; null for all of the data, which must then end with a whole block.</summary>
    public long? DataBlocks { get; init; }

    /// <summary>
    /// True to leave bytes behind the last whole block out, as <c>veritysetup</c> does without a word: nobody notices when they change.
    /// Default: false, such data is refused.
    /// </summary>
    public bool AllowUnprotectedTail { get; init; }

    /// <summary>How many cores hash at the same time; 0 for all of them. Memory: at most 2 MiB for each, and 1 MiB. Default: 0.</summary>
    public int Parallelism { get; init; }

    internal int DigestSize => Algorithm switch
    {
        VerityAlgorithm.Sha256 => 32,
        VerityAlgorithm.Sha384 => 48,
        VerityAlgorithm.Sha512 => 64,
        _ => throw Invalid($"there is no algorithm {(int)Algorithm}"),
    };

    internal static bool IsBlockSize(long size) => size is >= MinBlockSize and <= MaxBlockSize && BitOperations.IsPow2(size);

    /// <summary>Refuses what is out of range.</summary>
    /// <exception cref="VerityException"><see cref="VerityError.InvalidOptions"/>.</exception>
    internal void Check()
    {
        if (!IsBlockSize(DataBlockSize) || !IsBlockSize(HashBlockSize))
        {
            var wrong = IsBlockSize(DataBlockSize) ? HashBlockSize : DataBlockSize;
            throw Invalid($"{wrong} is not a block size", "Use a power of two from 512 to 524288; common is 4096.");
        }

        if (HashType is not (0 or 1))
        {
            throw Invalid($"{HashType} is not a hash type", "Use 1, or 0 for the form of Chrome OS.");
        }

        if (Salt.Length > MaxSaltBytes)
        {
            throw Invalid($"the salt has {Salt.Length} bytes, and {MaxSaltBytes} is the limit");
        }

        if (Profile is VerityProfile.Hcsshim && (Algorithm != VerityAlgorithm.Sha256 || HashType != 1))
        {
            throw Invalid("the rules of hcsshim are for SHA-256 and hash type 1");
        }

        if (Profile is not (VerityProfile.Cryptsetup or VerityProfile.Hcsshim) || Parallelism < 0 || DataBlocks <= 0)
        {
            throw Invalid("a profile, a parallelism or a number of blocks is out of range");
        }

        _ = DigestSize;
    }

    private static VerityException Invalid(string message, string? remedy = null) => new(VerityError.InvalidOptions, message, remedy);
}
