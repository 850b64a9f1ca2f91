using System.Buffers.Binary;

namespace Casemate.Measurement.Snp;

/// <summary>
/// The ID block: what a guest's owner expects and names it, which the firmware compares with the launch digest before the guest may run.
/// 96 bytes. Source: SEV Secure Nested Paging Firmware ABI (56860), table "Structure of the ID Block".
/// </summary>
public sealed record SnpIdBlock
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 96;

    /// <summary>The length of <see cref="FamilyId"/> and <see cref="ImageId"/>, in bytes.</summary>
    public const int IdSize = 16;

    /// <summary>The guest policy that is used when none is named: SMT allowed, no debugging, no migration agent, any ABI version.</summary>
    public const ulong DefaultPolicy = 0x30000;

    private const uint Version = 1;

    private SnpIdBlock(
        ReadOnlyMemory<byte> launchDigest, ReadOnlyMemory<byte> familyId, ReadOnlyMemory<byte> imageId, uint guestSvn, ulong policy) =>
        (LaunchDigest, FamilyId, ImageId, GuestSvn, Policy) = (launchDigest, familyId, imageId, guestSvn, policy);

    /// <summary>The launch digest that the guest must have, 48 bytes.</summary>
    public ReadOnlyMemory<byte> LaunchDigest { get; }

    /// <summary>FAMILY_ID of the guest's reports, 16 bytes.</summary>
    public ReadOnlyMemory<byte> FamilyId { get; }

    /// <summary>IMAGE_ID of the guest's reports, 16 bytes.</summary>
    public ReadOnlyMemory<byte> ImageId { get; }

    /// <summary>GUEST_SVN of the guest's reports.</summary>
    public uint GuestSvn { get; }

    /// <summary>The guest policy that the guest must be launched with.</summary>
    public ulong Policy { get; }

    /// <summary>Makes a block.</summary>
    /// <param name="launchDigest">48 bytes.</param>
    /// <param name="familyId">16 bytes; empty: zero.</param>
    /// <param name="imageId">16 bytes; empty: zero.</param>
    /// <param name="guestSvn">The security version of the guest.</param>
    /// <param name="policy">The guest policy.</param>
    /// <exception cref="SnpException">A length is wrong.</exception>
    public static SnpIdBlock Create(
        ReadOnlySpan<byte> launchDigest, ReadOnlySpan<byte> familyId = default, ReadOnlySpan<byte> imageId = default,
        uint guestSvn = 0, ulong policy = DefaultPolicy)
    {
        SnpMeasurement.Require(
            launchDigest.Length == SnpLaunchDigest.Size && familyId.Length is 0 or IdSize && imageId.Length is 0 or IdSize,
            SnpError.WrongLength);
        return new SnpIdBlock(
            launchDigest.ToArray(), familyId.IsEmpty ? new byte[IdSize] : familyId.ToArray(),
            imageId.IsEmpty ? new byte[IdSize] : imageId.ToArray(), guestSvn, policy);
    }

    /// <summary>Reads a block. Never throws on bad input.</summary>
    /// <param name="source">96 bytes.</param>
    /// <param name="block">The block; null on error.</param>
    public static SnpError TryRead(ReadOnlySpan<byte> source, out SnpIdBlock? block)
    {
        block = null;
        if (source.Length != Size)
        {
            return SnpError.WrongLength;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(source[80..]) != Version)
        {
            return SnpError.UnexpectedValue;
        }

        block = Create(
            source[..48], source.Slice(48, IdSize), source.Slice(64, IdSize),
            BinaryPrimitives.ReadUInt32LittleEndian(source[84..]), BinaryPrimitives.ReadUInt64LittleEndian(source[88..]));
        return SnpError.None;
    }

    /// <summary>The bytes that the firmware takes and the ID key signs.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        LaunchDigest.Span.CopyTo(bytes);
        FamilyId.Span.CopyTo(bytes.AsSpan(48));
        ImageId.Span.CopyTo(bytes.AsSpan(64));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(80), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(84), GuestSvn);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(88), Policy);
        return bytes;
    }
}
