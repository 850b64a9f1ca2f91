using System.Buffers.Binary;

namespace Casemate.Attestation.Sgx;

/// <summary>The 384-byte SGX report body, read in place. Layout: Intel SGX SDK, <c>sgx_report_body_t</c>.</summary>
public readonly ref struct SgxReportBody
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 384;

    /// <summary>ATTRIBUTES.FLAGS bit 1, DEBUG.</summary>
    public const ulong FlagDebug = 1UL << 1;

    /// <summary>ATTRIBUTES.FLAGS bit 4, PROVISION_KEY.</summary>
    public const ulong FlagProvisionKey = 1UL << 4;

    /// <summary>ATTRIBUTES.FLAGS bit 5, EINITTOKEN_KEY.</summary>
    public const ulong FlagEinitTokenKey = 1UL << 5;

    /// <summary>ATTRIBUTES.FLAGS bit 7, KSS.</summary>
    public const ulong FlagKss = 1UL << 7;

    // INIT, DEBUG, MODE64BIT, PROVISION_KEY, EINITTOKEN_KEY, CET, KSS, AEX_NOTIFY.
    private const ulong KnownFlags = 0b100_1111_0111;

    private readonly ReadOnlySpan<byte> _bytes;

    private SgxReportBody(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>CPUSVN, 16 bytes.</summary>
    public ReadOnlySpan<byte> CpuSvn => _bytes[..16];

    /// <summary>MISCSELECT, 4 bytes in memory order.</summary>
    public ReadOnlySpan<byte> MiscSelect => _bytes.Slice(16, 4);

    /// <summary>ISVEXTPRODID, 16 bytes.</summary>
    public ReadOnlySpan<byte> IsvExtProdId => _bytes.Slice(32, 16);

    /// <summary>ATTRIBUTES, 16 bytes: FLAGS then XFRM.</summary>
    public ReadOnlySpan<byte> Attributes => _bytes.Slice(48, 16);

    /// <summary>ATTRIBUTES.FLAGS.</summary>
    public ulong Flags => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[48..]);

    /// <summary>True when a debugger can open the enclave.</summary>
    public bool IsDebug => (Flags & FlagDebug) != 0;

    /// <summary>MRENCLAVE, 32 bytes.</summary>
    public ReadOnlySpan<byte> MrEnclave => _bytes.Slice(64, 32);

    /// <summary>MRSIGNER, 32 bytes.</summary>
    public ReadOnlySpan<byte> MrSigner => _bytes.Slice(128, 32);

    /// <summary>CONFIGID, 64 bytes.</summary>
    public ReadOnlySpan<byte> ConfigId => _bytes.Slice(192, 64);

    /// <summary>ISVPRODID.</summary>
    public ushort IsvProdId => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[256..]);

    /// <summary>ISVSVN.</summary>
    public ushort IsvSvn => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[258..]);

    /// <summary>CONFIGSVN.</summary>
    public ushort ConfigSvn => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[260..]);

    /// <summary>ISVFAMILYID, 16 bytes.</summary>
    public ReadOnlySpan<byte> IsvFamilyId => _bytes.Slice(304, 16);

    /// <summary>REPORTDATA, 64 bytes.</summary>
    public ReadOnlySpan<byte> ReportData => _bytes.Slice(320, 64);

    /// <summary>True when a bit of FLAGS or a reserved field that has no meaning yet is set.</summary>
    public bool HasReservedBits => ReservedFlags != 0 || HasReservedBytes;

    /// <summary>Bits of FLAGS that are set and have no meaning yet.</summary>
    internal ulong ReservedFlags => Flags & ~KnownFlags;

    /// <summary>True when a reserved field is not zero.</summary>
    internal bool HasReservedBytes =>
        _bytes.Slice(20, 12).ContainsAnyExcept((byte)0) || _bytes.Slice(96, 32).ContainsAnyExcept((byte)0)
        || _bytes.Slice(160, 32).ContainsAnyExcept((byte)0) || _bytes.Slice(262, 42).ContainsAnyExcept((byte)0);

    /// <summary>Reads a report body; false when <paramref name="source"/> is not exactly 384 bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out SgxReportBody body)
    {
        body = source.Length == Size ? new SgxReportBody(source) : default;
        return source.Length == Size;
    }
}
