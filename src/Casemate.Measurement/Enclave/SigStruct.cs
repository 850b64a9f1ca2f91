using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// SIGSTRUCT, the 1808-byte structure with which the maker of an SGX enclave signs what it measures and may do; read in place.
/// Layout: Intel SDM volume 3D, chapter 38, "Enclave Signature Structure".
/// </summary>
/// <remarks>All numbers are little-endian; so are the modulus, the signature and the two quotients.</remarks>
public readonly ref partial struct SigStruct
{
    /// <summary>Bytes of the structure.</summary>
    public const int Size = 1808;

    /// <summary>Bytes that the signature covers: [0, 128) and [900, 1028).</summary>
    public const int ToBeSignedSize = 256;

    /// <summary>Bytes of the modulus, the signature and each quotient: 3072 bits.</summary>
    public const int KeySize = 384;

    internal const int HeaderPartSize = 128;
    internal const int BodyOffset = 900;
    internal const int ModulusOffset = 128;
    internal const int ExponentOffset = 512;
    internal const int SignatureOffset = 516;
    internal const int MrEnclaveOffset = 960;
    internal const int Q1Offset = 1040;
    internal const int Q2Offset = 1424;

    private readonly ReadOnlySpan<byte> _bytes;

    private SigStruct(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>HEADER, the constant of the first 12 bytes.</summary>
    internal static ReadOnlySpan<byte> Header => [6, 0, 0, 0, 0xE1, 0, 0, 0, 0, 0, 1, 0];

    /// <summary>HEADER2, the constant of the 16 bytes at 24.</summary>
    internal static ReadOnlySpan<byte> Header2 => [1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0];

    /// <summary>The structure as it stands: 1808 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>True when the signer declared the enclave a debug build (TYPE, bit 31). Of no effect on what it may do.</summary>
    public bool IsDebugType => (_bytes[15] & 0x80) != 0;

    /// <summary>VENDOR: 0x8086 for Intel's own enclaves, otherwise 0.</summary>
    public uint Vendor => ReadUInt32(16);

    /// <summary>DATE as it stands: 0xyyyymmdd, each digit a nibble.</summary>
    public uint DateDigits => ReadUInt32(20);

    /// <summary>DATE as a day; null when the digits are no day of the calendar.</summary>
    public DateOnly? Date =>
        DateOnly.TryParseExact(
            DateDigits.ToString("x8", CultureInfo.InvariantCulture), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None,
            out var date) ? date : null;

    /// <summary>SWDEFINED: left to the signer; 0 for nearly all enclaves.</summary>
    public uint SoftwareDefined => ReadUInt32(40);

    /// <summary>MODULUS: 384 bytes, little-endian.</summary>
    public ReadOnlySpan<byte> Modulus => _bytes.Slice(ModulusOffset, KeySize);

    /// <summary>SIGNATURE: 384 bytes, little-endian.</summary>
    public ReadOnlySpan<byte> Signature => _bytes.Slice(SignatureOffset, KeySize);

    /// <summary>MISCSELECT: optional parts of the state save area.</summary>
    public uint MiscSelect => ReadUInt32(900);

    /// <summary>MISCMASK: the bits of <see cref="MiscSelect"/> that whoever loads the enclave cannot change.</summary>
    public uint MiscMask => ReadUInt32(904);

    /// <summary>CET attributes (908): 0 without control-flow enforcement.</summary>
    public byte CetAttributes => _bytes[908];

    /// <summary>Mask of the CET attributes (909).</summary>
    public byte CetAttributesMask => _bytes[909];

    /// <summary>ISVFAMILYID: 16 bytes, with KSS only.</summary>
    public ReadOnlySpan<byte> FamilyId => _bytes.Slice(912, 16);

    /// <summary>ATTRIBUTES.FLAGS that the enclave must be started with, where <see cref="FlagsMask"/> has a one.</summary>
    public EnclaveFlags Flags => (EnclaveFlags)ReadUInt64(928);

    /// <summary>ATTRIBUTES.XFRM: state components that the enclave must have, where <see cref="XfrmMask"/> has a one.</summary>
    public ulong Xfrm => ReadUInt64(936);

    /// <summary>Mask of <see cref="Flags"/>: a zero leaves the bit to whoever loads the enclave.</summary>
    public EnclaveFlags FlagsMask => (EnclaveFlags)ReadUInt64(944);

    /// <summary>Mask of <see cref="Xfrm"/>.</summary>
    public ulong XfrmMask => ReadUInt64(952);

    /// <summary>ENCLAVEHASH, the MRENCLAVE that is signed: 32 bytes.</summary>
    public ReadOnlySpan<byte> MrEnclave => _bytes.Slice(MrEnclaveOffset, 32);

    /// <summary>ISVEXTPRODID: 16 bytes, with KSS only.</summary>
    public ReadOnlySpan<byte> ExtendedProductId => _bytes.Slice(1008, 16);

    /// <summary>ISVPRODID.</summary>
    public ushort ProductId => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[1024..]);

    /// <summary>ISVSVN, the enclave's security version.</summary>
    public ushort SecurityVersion => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[1026..]);

    /// <summary>Q1 = floor(S² / M), little-endian.</summary>
    public ReadOnlySpan<byte> Q1 => _bytes.Slice(Q1Offset, KeySize);

    /// <summary>Q2 = floor((S² mod M) · S / M), little-endian.</summary>
    public ReadOnlySpan<byte> Q2 => _bytes.Slice(Q2Offset, KeySize);

    /// <summary>MRSIGNER, the signer's identity in reports and quotes: SHA-256 of the modulus as stored.</summary>
    public byte[] MrSigner => SHA256.HashData(Modulus);

    /// <summary>What the signature covers.</summary>
    /// <param name="destination">Room for <see cref="ToBeSignedSize"/> bytes.</param>
    /// <exception cref="ArgumentException">The room is too small.</exception>
    public void CopyToBeSigned(Span<byte> destination)
    {
        _bytes[..HeaderPartSize].CopyTo(destination);
        _bytes.Slice(BodyOffset, ToBeSignedSize - HeaderPartSize).CopyTo(destination[HeaderPartSize..]);
    }

    /// <summary>Reads a structure. Never throws; verifies no signature.</summary>
    /// <param name="source">Exactly 1808 bytes.</param>
    /// <param name="structure">The structure, over the same bytes; usable only when the answer is
    /// <see cref="SigStructError.None"/>.</param>
    public static SigStructError TryRead(ReadOnlySpan<byte> source, out SigStruct structure)
    {
        structure = default;
        if (source.Length != Size)
        {
            return SigStructError.WrongLength;
        }

        if (!source.ContainsAnyExcept((byte)0))
        {
            return SigStructError.Unsigned;
        }

        if (!source[..12].SequenceEqual(Header) || !source.Slice(24, 16).SequenceEqual(Header2))
        {
            return SigStructError.WrongHeader;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(source[ExponentOffset..]) != 3)
        {
            return SigStructError.WrongExponent;
        }

        if (HasReservedBits(source))
        {
            return SigStructError.ReservedNotZero;
        }

        structure = new SigStruct(source);
        return SigStructError.None;
    }

    // TYPE but for its highest bit; 908..911 but for the two CET bytes, which older processors ask to be zero as well.
    private static bool HasReservedBits(ReadOnlySpan<byte> source) =>
        (ReadType(source) & 0x7FFF_FFFF) != 0
        || source.Slice(44, 84).ContainsAnyExcept((byte)0)
        || source.Slice(910, 2).ContainsAnyExcept((byte)0)
        || source.Slice(992, 16).ContainsAnyExcept((byte)0)
        || source.Slice(1028, 12).ContainsAnyExcept((byte)0);

    private static uint ReadType(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);

    private uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private ulong ReadUInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}
