using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Primitives.Jose;

/// <summary>
/// Turns an ECDH shared secret into a key: the single-step (Concat) key derivation function with SHA-256.
/// Source: RFC 7518, section 4.6.2; NIST SP 800-56A, section 5.8.1.
/// </summary>
public static class ConcatKdf
{
    private const int HashSize = 32;

    /// <summary>Derives one key.</summary>
    /// <param name="sharedSecret">Z: the x coordinate of the shared point, as long as the curve's field.</param>
    /// <param name="algorithmId">What the key is for: the <c>enc</c> value for direct agreement, else the <c>alg</c> value. ASCII.</param>
    /// <param name="partyU">PartyUInfo (decoded <c>apu</c>); empty when the header has none.</param>
    /// <param name="partyV">PartyVInfo (decoded <c>apv</c>); empty when the header has none.</param>
    /// <param name="key">Receives the key; its length, 1 to 64 bytes, is part of what is hashed.</param>
    public static void DeriveKey(
        ReadOnlySpan<byte> sharedSecret, string algorithmId, ReadOnlySpan<byte> partyU, ReadOnlySpan<byte> partyV, Span<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfZero(key.Length, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, 2 * HashSize, nameof(key));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> block = stackalloc byte[HashSize];
        for (var (counter, done) = (1u, 0); done < key.Length; counter++)
        {
            AppendNumber(hash, counter);
            hash.AppendData(sharedSecret);
            AppendWithLength(hash, Encoding.ASCII.GetBytes(algorithmId));
            AppendWithLength(hash, partyU);
            AppendWithLength(hash, partyV);
            AppendNumber(hash, (uint)key.Length * 8);                      // SuppPubInfo; SuppPrivInfo is empty
            hash.GetHashAndReset(block);
            var take = Math.Min(HashSize, key.Length - done);
            block[..take].CopyTo(key[done..]);
            done += take;
        }

        CryptographicOperations.ZeroMemory(block);
    }

    private static void AppendWithLength(IncrementalHash hash, ReadOnlySpan<byte> data)
    {
        AppendNumber(hash, (uint)data.Length);
        hash.AppendData(data);
    }

    private static void AppendNumber(IncrementalHash hash, uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
