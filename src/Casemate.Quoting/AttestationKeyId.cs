using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Quoting;

/// <summary>
/// Names an attestation key: which quoting enclave makes the quotes, with which algorithm. 256 bytes, <c>sgx_att_key_id_ext_t</c> of
/// the Intel SGX SDK; the first 158 of them, <c>sgx_ql_att_key_id_t</c>, decide whether two name the same key.
/// </summary>
public sealed class AttestationKeyId
{
    /// <summary>Bytes of a key id with its extension.</summary>
    public const int Size = 256;

    /// <summary>Bytes that are compared.</summary>
    public const int ComparedSize = 158;

    /// <summary>Key ids that a list may hold.</summary>
    public const int MaximumListed = 10;

    private const int ListHeaderSize = 8;
    private const int MrSignerSize = 32;
    private const uint AlgorithmEcdsaP256 = 2;

    private readonly byte[] _bytes;

    private AttestationKeyId(byte[] bytes) => _bytes = bytes;

    /// <summary>
    /// The ECDSA-P256 key of Intel's quoting enclave (QE3), the only one that Gramine asks for.
    /// </summary>
    public static AttestationKeyId IntelQe3 { get; } = Ecdsa(
        [
            0x8C, 0x4F, 0x57, 0x75, 0xD7, 0x96, 0x50, 0x3E, 0x96, 0x13, 0x7F, 0x77, 0xC6, 0x8A, 0x82, 0x9A,
            0x00, 0x56, 0xAC, 0x8D, 0xED, 0x70, 0x14, 0x0B, 0x08, 0x1B, 0x09, 0x44, 0x90, 0xC5, 0x7B, 0xFF,
        ],
        productId: 1);

    /// <summary>The 256 bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Names the ECDSA-P256 key of a quoting enclave.</summary>
    /// <param name="mrSigner">MRSIGNER of the quoting enclave, 32 bytes.</param>
    /// <param name="productId">ISVPRODID of the quoting enclave.</param>
    /// <exception cref="ArgumentException"><paramref name="mrSigner"/> has another size.</exception>
    public static AttestationKeyId Ecdsa(ReadOnlySpan<byte> mrSigner, ushort productId)
    {
        if (mrSigner.Length != MrSignerSize)
        {
            throw new ArgumentException($"MRSIGNER has {MrSignerSize} bytes, not {mrSigner.Length}.", nameof(mrSigner));
        }

        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), MrSignerSize);
        mrSigner.CopyTo(bytes.AsSpan(6));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(54), productId);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(154), AlgorithmEcdsaP256);
        return new AttestationKeyId(bytes);
    }

    /// <summary>Reads a key id.</summary>
    /// <param name="source">At least 256 bytes; what follows them is not read.</param>
    /// <param name="keyId">The key id.</param>
    /// <returns>False when there are fewer bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> source, [NotNullWhen(true)] out AttestationKeyId? keyId)
    {
        keyId = source.Length >= Size ? new AttestationKeyId(source[..Size].ToArray()) : null;
        return keyId is not null;
    }

    /// <summary>True when bytes name the same key: the first 158 are equal, the extension does not count.</summary>
    /// <param name="other">At least 158 bytes; fewer name no key.</param>
    public bool Matches(ReadOnlySpan<byte> other) =>
        other.Length >= ComparedSize && other[..ComparedSize].SequenceEqual(_bytes.AsSpan(0, ComparedSize));

    /// <summary>Looks a key up in a list (<c>sgx_att_key_id_list_t</c>: id, version, number, key ids of 256 bytes each).</summary>
    /// <param name="list">The list, of exactly the size that its number asks for.</param>
    /// <param name="found">True when the list names this key.</param>
    /// <returns>False when the bytes are not such a list.</returns>
    public bool TryFindIn(ReadOnlySpan<byte> list, out bool found)
    {
        found = false;
        if (list.Length < ListHeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(list) != 0)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(list[4..]);
        if (count > MaximumListed || list.Length - ListHeaderSize != (int)count * Size)
        {
            return false;
        }

        for (var entries = list[ListHeaderSize..]; !entries.IsEmpty && !found; entries = entries[Size..])
        {
            found = Matches(entries);
        }

        return true;
    }
}
