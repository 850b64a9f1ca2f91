using System.Buffers.Binary;

namespace Casemate.Attestation.Snp;

/// <summary>
/// A SEV-SNP attestation report, 1184 bytes, read in place. Parsed, not verified. Layout: AMD 56860 "SEV-SNP Firmware ABI",
/// ATTESTATION_REPORT; integers are little endian.
/// </summary>
public readonly ref struct SnpReport
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 0x4A0;

    /// <summary>How many bytes from the start the signature covers.</summary>
    public const int SignedSize = 0x2A0;

    /// <summary>POLICY bit 16: simultaneous multithreading allowed.</summary>
    public const ulong PolicySmt = 1UL << 16;

    /// <summary>POLICY bit 18: a migration agent allowed.</summary>
    public const ulong PolicyMigrationAgent = 1UL << 18;

    /// <summary>POLICY bit 19: debugging by the host allowed.</summary>
    public const ulong PolicyDebug = 1UL << 19;

    /// <summary>POLICY bit 20: one socket only.</summary>
    public const ulong PolicySingleSocket = 1UL << 20;

    /// <summary>POLICY bit 21: CXL devices allowed.</summary>
    public const ulong PolicyCxl = 1UL << 21;

    private const int SignatureOffset = 0x2A0;
    private const int ComponentSize = 72;
    private const ulong PolicyMustBeOne = 1UL << 17;

    // ABI minor and major, then bits 16 to 25.
    private const ulong KnownPolicyBits = 0x3FF_FFFF;

    // SMT, TSME, ECC, RAPL_DIS, CIPHERTEXT_HIDING, ALIAS_CHECK_COMPLETE, TIO; bit 6 is reserved and some Turin platforms set it.
    private const ulong KnownPlatformInfoBits = 0b1011_1111;

    private readonly ReadOnlySpan<byte> _bytes;

    private SnpReport(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The whole report.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The bytes that the signature covers.</summary>
    public ReadOnlySpan<byte> SignedBytes => _bytes[..SignedSize];

    /// <summary>VERSION, 2 to 5.</summary>
    public uint Version => UInt32(0x000);

    /// <summary>GUEST_SVN.</summary>
    public uint GuestSvn => UInt32(0x004);

    /// <summary>POLICY.</summary>
    public ulong Policy => UInt64(0x008);

    /// <summary>FAMILY_ID, 16 bytes.</summary>
    public ReadOnlySpan<byte> FamilyId => _bytes.Slice(0x010, 16);

    /// <summary>IMAGE_ID, 16 bytes.</summary>
    public ReadOnlySpan<byte> ImageId => _bytes.Slice(0x020, 16);

    /// <summary>VMPL: 0 to 3, or 0xFFFFFFFF when the host asked.</summary>
    public uint Vmpl => UInt32(0x030);

    /// <summary>CURRENT_TCB, 8 bytes.</summary>
    public ReadOnlySpan<byte> CurrentTcb => _bytes.Slice(0x038, 8);

    /// <summary>PLATFORM_INFO.</summary>
    public ulong PlatformInfo => UInt64(0x040);

    /// <summary>Which kind of key signed.</summary>
    public SnpSigner Signer => (SnpSigner)((KeyFlags >> 2) & 0b111);

    /// <summary>MASK_CHIP_KEY.</summary>
    public bool MaskChipKey => (KeyFlags & 0b10) != 0;

    /// <summary>AUTHOR_KEY_EN: the author key digest is present.</summary>
    public bool AuthorKeyEnabled => (KeyFlags & 0b1) != 0;

    /// <summary>REPORT_DATA, 64 bytes.</summary>
    public ReadOnlySpan<byte> ReportData => _bytes.Slice(0x050, 64);

    /// <summary>MEASUREMENT, 48 bytes.</summary>
    public ReadOnlySpan<byte> Measurement => _bytes.Slice(0x090, 48);

    /// <summary>HOST_DATA, 32 bytes.</summary>
    public ReadOnlySpan<byte> HostData => _bytes.Slice(0x0C0, 32);

    /// <summary>ID_KEY_DIGEST, 48 bytes.</summary>
    public ReadOnlySpan<byte> IdKeyDigest => _bytes.Slice(0x0E0, 48);

    /// <summary>AUTHOR_KEY_DIGEST, 48 bytes.</summary>
    public ReadOnlySpan<byte> AuthorKeyDigest => _bytes.Slice(0x110, 48);

    /// <summary>REPORT_ID, 32 bytes.</summary>
    public ReadOnlySpan<byte> ReportId => _bytes.Slice(0x140, 32);

    /// <summary>REPORT_ID_MA, 32 bytes.</summary>
    public ReadOnlySpan<byte> ReportIdMa => _bytes.Slice(0x160, 32);

    /// <summary>REPORTED_TCB, 8 bytes: names the signing key.</summary>
    public ReadOnlySpan<byte> ReportedTcb => _bytes.Slice(0x180, 8);

    /// <summary>CPUID family, extended value included; 0 before version 3.</summary>
    public byte CpuidFamily => Version >= 3 ? _bytes[0x188] : (byte)0;

    /// <summary>CPUID model, extended value included; 0 before version 3.</summary>
    public byte CpuidModel => Version >= 3 ? _bytes[0x189] : (byte)0;

    /// <summary>CPUID stepping; 0 before version 3.</summary>
    public byte CpuidStepping => Version >= 3 ? _bytes[0x18A] : (byte)0;

    /// <summary>CHIP_ID, 64 bytes; Turin uses the first 8; all zero when masked.</summary>
    public ReadOnlySpan<byte> ChipId => _bytes.Slice(0x1A0, 64);

    /// <summary>COMMITTED_TCB, 8 bytes.</summary>
    public ReadOnlySpan<byte> CommittedTcb => _bytes.Slice(0x1E0, 8);

    /// <summary>Current firmware: build, minor, major.</summary>
    public ReadOnlySpan<byte> CurrentVersion => _bytes.Slice(0x1E8, 3);

    /// <summary>Committed firmware: build, minor, major.</summary>
    public ReadOnlySpan<byte> CommittedVersion => _bytes.Slice(0x1EC, 3);

    /// <summary>LAUNCH_TCB, 8 bytes.</summary>
    public ReadOnlySpan<byte> LaunchTcb => _bytes.Slice(0x1F0, 8);

    /// <summary>LAUNCH_MIT_VECTOR; null before version 5.</summary>
    public ulong? LaunchMitigationVector => Version >= 5 ? UInt64(0x1F8) : null;

    /// <summary>CURRENT_MIT_VECTOR; null before version 5.</summary>
    public ulong? CurrentMitigationVector => Version >= 5 ? UInt64(0x200) : null;

    /// <summary>True when the host may debug the guest.</summary>
    public bool IsDebug => (Policy & PolicyDebug) != 0;

    /// <summary>True when CHIP_ID is masked.</summary>
    public bool IsChipIdMasked => !ChipId.ContainsAnyExcept((byte)0);

    /// <summary>
    /// The product line that the report itself names: by CPUID from version 3 on; before that only Turin shows, by its short chip id.
    /// Null when it does not say, or names a line that is not supported.
    /// </summary>
    public SnpProduct? Product => Version >= 3
        ? (CpuidFamily, CpuidModel) switch
        {
            (0x19, <= 0x0F) => SnpProduct.Milan,
            (0x19, >= 0x10 and <= 0x1F) or (0x19, >= 0xA0 and <= 0xAF) => SnpProduct.Genoa,
            (0x1A, <= 0x11) => SnpProduct.Turin,
            _ => null,
        }
        : !IsChipIdMasked && !ChipId[8..].ContainsAnyExcept((byte)0) ? SnpProduct.Turin : null;

    /// <summary>Names every reserved field or bit that is set; empty when none is.</summary>
    public string ReservedBits => ReservedBitsBut(0, 0);

    /// <summary>Bits of POLICY that are set and have no meaning yet.</summary>
    internal ulong ReservedPolicy => Policy & ~KnownPolicyBits;

    /// <summary>Bits of PLATFORM_INFO that are set and have no meaning yet.</summary>
    internal ulong ReservedPlatformInfo => PlatformInfo & ~KnownPlatformInfoBits;

    /// <summary>As <see cref="ReservedBits"/>, without the bits of two masks.</summary>
    internal string ReservedBitsBut(ulong toleratedPolicy, ulong toleratedPlatformInfo)
    {
        var (policy, platformInfo) = (ReservedPolicy & ~toleratedPolicy, ReservedPlatformInfo & ~toleratedPlatformInfo);
        if (policy == 0 && (Policy & PolicyMustBeOne) != 0 && platformInfo == 0 && (KeyFlags & ~0x1Fu) == 0 && UInt32(0x04C) == 0
            && !HasReservedBytes)
        {
            return "";
        }

        var found = new List<string>();
        AddIf(found, policy != 0, $"POLICY 0x{policy:x}");
        AddIf(found, (Policy & PolicyMustBeOne) == 0, "POLICY bit 17 clear");
        AddIf(found, platformInfo != 0, $"PLATFORM_INFO 0x{platformInfo:x}");
        AddIf(found, (KeyFlags & ~0x1Fu) != 0, $"key flags 0x{KeyFlags & ~0x1Fu:x}");
        AddIf(found, UInt32(0x04C) != 0 || HasReservedBytes, "reserved bytes");
        return string.Join(", ", found);
    }

    private uint KeyFlags => UInt32(0x048);

    private bool HasReservedBytes
    {
        get
        {
            var cpuid = Version >= 3 ? 0x18B : 0x188;
            var tail = Version >= 5 ? 0x208 : 0x1F8;
            return _bytes[cpuid..0x1A0].ContainsAnyExcept((byte)0) || _bytes[0x1EB] != 0 || _bytes[0x1EF] != 0
                || _bytes[tail..SignedSize].ContainsAnyExcept((byte)0);
        }
    }

    /// <summary>Reads a report. Never throws and never allocates.</summary>
    public static SnpReportError TryRead(ReadOnlySpan<byte> source, out SnpReport report)
    {
        report = default;
        if (source.Length != Size)
        {
            return SnpReportError.WrongSize;
        }

        var read = new SnpReport(source);
        if (read.Version is < 2 or > 5)
        {
            return SnpReportError.UnsupportedReportVersion;
        }

        if (read.UInt32(0x034) != 1)
        {
            return SnpReportError.UnsupportedSignatureAlgorithm;
        }

        if (read.Signer is not (SnpSigner.Vcek or SnpSigner.Vlek))
        {
            return SnpReportError.NotSigned;
        }

        // R and S are 48-byte numbers in 72-byte little-endian fields; what follows them is zero.
        var signature = source[SignatureOffset..];
        if (signature[48..ComponentSize].ContainsAnyExcept((byte)0)
            || signature[(ComponentSize + 48)..].ContainsAnyExcept((byte)0))
        {
            return SnpReportError.MalformedSignature;
        }

        report = read;
        return SnpReportError.None;
    }

    /// <summary>Reads the signed part of a report that was verified before, without its signature.</summary>
    internal static SnpReport OfVerified(ReadOnlySpan<byte> signedBytes) => new(signedBytes);

    /// <summary>Writes the signature as r and s, 48 bytes each, big endian.</summary>
    /// <param name="destination">At least 96 bytes.</param>
    public void CopySignature(Span<byte> destination)
    {
        _bytes.Slice(SignatureOffset, 48).CopyTo(destination);
        _bytes.Slice(SignatureOffset + ComponentSize, 48).CopyTo(destination[48..]);
        destination[..48].Reverse();
        destination[48..96].Reverse();
    }

    private static void AddIf(List<string> list, bool condition, string text)
    {
        if (condition)
        {
            list.Add(text);
        }
    }

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}
