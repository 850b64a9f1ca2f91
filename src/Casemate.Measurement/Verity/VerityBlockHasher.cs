using System.Security.Cryptography;

namespace Casemate.Measurement.Verity;

/// <summary>Hashes blocks with the salt on its side. Safe for use by several threads.</summary>
internal sealed class VerityBlockHasher
{
    private readonly byte[] _prefix;
    private readonly byte[] _suffix;
    private readonly HashAlgorithmName _name;
    private readonly bool _lanes;

    public VerityBlockHasher(VerityOptions options)
    {
        var salt = options.Salt.ToArray();
        (_prefix, _suffix) = options.HashType == 0 ? ([], salt) : (salt, Array.Empty<byte>());
        DigestSize = options.DigestSize;
        _name = options.Algorithm switch
        {
            VerityAlgorithm.Sha384 => HashAlgorithmName.SHA384,
            VerityAlgorithm.Sha512 => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
        _lanes = options.Algorithm is VerityAlgorithm.Sha256 && Sha256Lanes.IsSupported;
    }

    public int DigestSize { get; }

    /// <summary>Hashes whole blocks of the same size; the digests stand one behind the other.</summary>
    public void Hash(ReadOnlySpan<byte> blocks, int blockSize, Span<byte> digests)
    {
        if (_lanes)
        {
            while (blocks.Length >= Sha256Lanes.Count * blockSize)
            {
                Sha256Lanes.Hash(_prefix, blocks[..(Sha256Lanes.Count * blockSize)], _suffix, digests[..(Sha256Lanes.Count * DigestSize)]);
                blocks = blocks[(Sha256Lanes.Count * blockSize)..];
                digests = digests[(Sha256Lanes.Count * DigestSize)..];
            }
        }

        if (blocks.IsEmpty)
        {
            return;
        }

        // One state for all of them: it costs less than the one-shot call, which makes and frees a context for each block.
        using var hash = IncrementalHash.CreateHash(_name);
        for (; !blocks.IsEmpty; blocks = blocks[blockSize..])
        {
            hash.AppendData(_prefix);
            hash.AppendData(blocks[..blockSize]);
            hash.AppendData(_suffix);
            hash.GetHashAndReset(digests[..DigestSize]);
            digests = digests[DigestSize..];
        }
    }
}
