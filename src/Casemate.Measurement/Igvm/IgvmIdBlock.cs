using System.Buffers.Binary;
using Casemate.Measurement.Snp;

namespace Casemate.Measurement.Igvm;

/// <summary>
/// The ID block for SEV-SNP that an IGVM file carries: the launch digest that its maker computed, with signatures. The guest policy, which
/// the signature covers too, stands in a header of its own. Source: microsoft/igvm, igvm_defs, IGVM_VHS_SNP_ID_BLOCK.
/// </summary>
public sealed class IgvmIdBlock
{
    /// <summary>Length of the header's body in bytes.</summary>
    public const int Size = 696;

    private const int SignatureSize = 144;
    private const int KeySize = 152;
    private const int IdSignature = 104;
    private const int IdKey = IdSignature + SignatureSize;
    private const int AuthorSignature = IdKey + KeySize;
    private const int AuthorKey = AuthorSignature + SignatureSize;

    private IgvmIdBlock(SnpIdBlock block, SnpIdAuthentication? authentication) => (Block, Authentication) = (block, authentication);

    /// <summary>The block with the guest policy of the file.</summary>
    public SnpIdBlock Block { get; }

    /// <summary>The keys and signatures; null when they are missing or malformed.</summary>
    public SnpIdAuthentication? Authentication { get; }

    /// <summary>Whether the keys that the file names signed the block; null when it has no well-formed signature.</summary>
    public SnpIdSignature? Signature => Authentication?.Verify(Block);

    /// <summary>Reads the body of a header.</summary>
    /// <param name="body">696 bytes.</param>
    /// <param name="policy">The guest policy of the file for this platform.</param>
    /// <exception cref="IgvmException">Another length, or another version of the ID block.</exception>
    public static IgvmIdBlock Read(ReadOnlySpan<byte> body, ulong policy)
    {
        if (body.Length != Size || BinaryPrimitives.ReadUInt32LittleEndian(body[88..]) != 1)
        {
            throw new IgvmException(IgvmError.MalformedHeader);
        }

        var block = SnpIdBlock.Create(
            body.Slice(8, 48), body.Slice(56, 16), body.Slice(72, 16), BinaryPrimitives.ReadUInt32LittleEndian(body[92..]), policy);
        return new IgvmIdBlock(block, ReadAuthentication(body));
    }

    // The same fields as in the structure that the firmware takes, packed more closely.
    private static SnpIdAuthentication? ReadAuthentication(ReadOnlySpan<byte> body)
    {
        var hasAuthor = body[4] != 0;
        Span<byte> structure = new byte[SnpIdAuthentication.Size];
        body.Slice(96, 4).CopyTo(structure);
        body.Slice(IdSignature, SignatureSize).CopyTo(structure[0x40..]);
        CopyKey(body.Slice(IdKey, KeySize), structure[0x240..]);
        if (hasAuthor)
        {
            body.Slice(100, 4).CopyTo(structure[4..]);
            body.Slice(AuthorSignature, SignatureSize).CopyTo(structure[0x680..]);
            CopyKey(body.Slice(AuthorKey, KeySize), structure[0x880..]);
        }

        return SnpIdAuthentication.TryRead(structure, out var authentication) is SnpError.None ? authentication : null;
    }

    // Here four reserved bytes follow the curve; there the coordinates follow it at once.
    private static void CopyKey(ReadOnlySpan<byte> source, Span<byte> target)
    {
        source[..4].CopyTo(target);
        source[8..].CopyTo(target[4..]);
    }
}
