using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Measurement.Snp;

/// <summary>
/// The ID authentication information structure, 4096 bytes: the ID key with its signature over the ID block, and perhaps an author key with
/// its signature over the ID key. Source: SEV Secure Nested Paging Firmware ABI (56860), table "ID Authentication Information Structure".
/// </summary>
public sealed class SnpIdAuthentication
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 4096;

    private const uint EcdsaP384Sha384 = 1;
    private const int SignatureSize = 512;
    private const int BlockSignature = 0x40;
    private const int IdKeyOffset = 0x240;
    private const int KeySignature = 0x680;
    private const int AuthorKeyOffset = 0x880;
    private const int End = AuthorKeyOffset + SnpIdKey.Size;

    private readonly byte[] _bytes;

    private SnpIdAuthentication(byte[] bytes, SnpIdKey idKey, SnpIdKey? authorKey) =>
        (_bytes, IdKey, AuthorKey) = (bytes, idKey, authorKey);

    /// <summary>The structure, 4096 bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The key that signed the ID block.</summary>
    public SnpIdKey IdKey { get; }

    /// <summary>The key that signed the ID key; null when there is none.</summary>
    public SnpIdKey? AuthorKey { get; }

    /// <summary>Signs an ID block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="idKey">A private key on the curve P-384.</param>
    /// <param name="authorKey">A private key on the curve P-384 that vouches for the ID key; null: none.</param>
    /// <exception cref="SnpException">A key is on another curve.</exception>
    /// <exception cref="CryptographicException">A key has no private part.</exception>
    public static SnpIdAuthentication Sign(SnpIdBlock block, ECDsa idKey, ECDsa? authorKey)
    {
        ArgumentNullException.ThrowIfNull(block);
        var bytes = new byte[Size];
        var id = SnpIdKey.FromKey(idKey);
        var author = authorKey is null ? null : SnpIdKey.FromKey(authorKey);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, EcdsaP384Sha384);
        WriteSignature(idKey, block.ToBytes(), bytes.AsSpan(BlockSignature));
        id.Bytes.Span.CopyTo(bytes.AsSpan(IdKeyOffset));
        if (authorKey is not null)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), EcdsaP384Sha384);
            WriteSignature(authorKey, id.Bytes.Span, bytes.AsSpan(KeySignature));
            author!.Bytes.Span.CopyTo(bytes.AsSpan(AuthorKeyOffset));
        }

        return new SnpIdAuthentication(bytes, id, author);
    }

    /// <summary>Reads a structure. Never throws on bad input. Says nothing about its signatures.</summary>
    /// <param name="source">4096 bytes.</param>
    /// <param name="authentication">The structure; null on error.</param>
    public static SnpError TryRead(ReadOnlySpan<byte> source, out SnpIdAuthentication? authentication)
    {
        authentication = null;
        if (source.Length != Size)
        {
            return SnpError.WrongLength;
        }

        var authorAlgorithm = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != EcdsaP384Sha384 || authorAlgorithm is not (0 or EcdsaP384Sha384)
            || !IsZero(source[8..BlockSignature]) || !IsZero(source[(IdKeyOffset + SnpIdKey.Size)..KeySignature])
            || !IsZero(source[End..]) || (authorAlgorithm == 0 && !IsZero(source[KeySignature..])))
        {
            return SnpError.UnexpectedValue;
        }

        var author = (SnpIdKey?)null;
        var error = SnpIdKey.TryRead(source.Slice(IdKeyOffset, SnpIdKey.Size), out var id);
        if (error is SnpError.None && authorAlgorithm != 0)
        {
            error = SnpIdKey.TryRead(source.Slice(AuthorKeyOffset, SnpIdKey.Size), out author);
        }

        authentication = error is SnpError.None ? new SnpIdAuthentication(source.ToArray(), id!, author) : null;
        return error;
    }

    /// <summary>Checks the signatures over a block. Whose keys these are is for whoever asks to compare, by their digests.</summary>
    /// <param name="block">The block.</param>
    public SnpIdSignature Verify(SnpIdBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (!IdKey.Verifies(block.ToBytes(), _bytes.AsSpan(BlockSignature, SignatureSize)))
        {
            return SnpIdSignature.InvalidBlockSignature;
        }

        return AuthorKey is null || AuthorKey.Verifies(IdKey.Bytes.Span, _bytes.AsSpan(KeySignature, SignatureSize))
            ? SnpIdSignature.Valid : SnpIdSignature.InvalidKeySignature;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    private static void WriteSignature(ECDsa key, ReadOnlySpan<byte> data, Span<byte> target)
    {
        var signature = key.SignData(data, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation).AsSpan();
        SnpIdKey.WriteReversed(signature[..SnpIdKey.FieldSize], target);
        SnpIdKey.WriteReversed(signature[SnpIdKey.FieldSize..], target[SnpIdKey.ComponentSize..]);
    }
}
