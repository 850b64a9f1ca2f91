using System.Buffers.Binary;

namespace Casemate.Attestation.Tdx;

/// <summary>
/// The body of a TDX quote, read in place: 584 bytes (TD report 1.0), 648 (1.5) or 885 (1.5 extended).
/// Layout: Intel DCAP <c>sgx_quote_4.h</c> and <c>sgx_quote_5.h</c>.
/// </summary>
public readonly ref struct TdReportBody
{
    /// <summary>Size of TD report 1.0.</summary>
    public const int SizeTd10 = 584;

    /// <summary>Size of TD report 1.5.</summary>
    public const int SizeTd15 = 648;

    /// <summary>Size of TD report 1.5 extended.</summary>
    public const int SizeTd15Extended = 885;

    /// <summary>TDATTRIBUTES bits 0 to 7, the TD-under-debug group: any of them opens the TD to the host.</summary>
    public const ulong DebugGroup = 0xFF;

    /// <summary>TDATTRIBUTES bit 28.</summary>
    public const ulong SeptVeDisable = 1UL << 28;

    /// <summary>TDATTRIBUTES bit 29.</summary>
    public const ulong Migratable = 1UL << 29;

    // Debug group, SEPT_VE_DISABLE, MIGRATABLE, PKS, KL, PERFMON.
    private const ulong KnownAttributes = DebugGroup | SeptVeDisable | Migratable | 1UL << 30 | 1UL << 31 | 1UL << 63;

    private readonly ReadOnlySpan<byte> _bytes;

    private TdReportBody(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>True for TD report 1.5 and later, which carry TEE_TCB_SVN2 and MRSERVICETD.</summary>
    public bool IsTd15 => _bytes.Length >= SizeTd15;

    /// <summary>TEE_TCB_SVN, 16 bytes: [0] minor SVN of the TDX module, [1] its major version, [2] SEAM loader.</summary>
    public ReadOnlySpan<byte> TeeTcbSvn => _bytes[..16];

    /// <summary>MRSEAM, 48 bytes.</summary>
    public ReadOnlySpan<byte> MrSeam => _bytes.Slice(16, 48);

    /// <summary>MRSIGNERSEAM, 48 bytes.</summary>
    public ReadOnlySpan<byte> MrSignerSeam => _bytes.Slice(64, 48);

    /// <summary>SEAMATTRIBUTES, 8 bytes.</summary>
    public ReadOnlySpan<byte> SeamAttributes => _bytes.Slice(112, 8);

    /// <summary>TDATTRIBUTES, 8 bytes.</summary>
    public ReadOnlySpan<byte> TdAttributes => _bytes.Slice(120, 8);

    /// <summary>TDATTRIBUTES as a number.</summary>
    public ulong TdAttributeBits => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[120..]);

    /// <summary>True when the host can debug the TD.</summary>
    public bool IsDebug => (TdAttributeBits & DebugGroup) != 0;

    /// <summary>XFAM, 8 bytes.</summary>
    public ReadOnlySpan<byte> Xfam => _bytes.Slice(128, 8);

    /// <summary>MRTD, 48 bytes.</summary>
    public ReadOnlySpan<byte> MrTd => _bytes.Slice(136, 48);

    /// <summary>MRCONFIGID, 48 bytes.</summary>
    public ReadOnlySpan<byte> MrConfigId => _bytes.Slice(184, 48);

    /// <summary>MROWNER, 48 bytes.</summary>
    public ReadOnlySpan<byte> MrOwner => _bytes.Slice(232, 48);

    /// <summary>MROWNERCONFIG, 48 bytes.</summary>
    public ReadOnlySpan<byte> MrOwnerConfig => _bytes.Slice(280, 48);

    /// <summary>REPORTDATA, 64 bytes.</summary>
    public ReadOnlySpan<byte> ReportData => _bytes.Slice(520, 64);

    /// <summary>TEE_TCB_SVN2, 16 bytes; empty before TD report 1.5.</summary>
    public ReadOnlySpan<byte> TeeTcbSvn2 => IsTd15 ? _bytes.Slice(584, 16) : default;

    /// <summary>MRSERVICETD, 48 bytes; empty before TD report 1.5.</summary>
    public ReadOnlySpan<byte> MrServiceTd => IsTd15 ? _bytes.Slice(600, 48) : default;

    /// <summary>True when a bit of TDATTRIBUTES that has no meaning yet is set.</summary>
    public bool HasReservedBits => ReservedTdAttributes != 0;

    /// <summary>Bits of TDATTRIBUTES that are set and have no meaning yet.</summary>
    internal ulong ReservedTdAttributes => TdAttributeBits & ~KnownAttributes;

    /// <summary>RTMR0 to RTMR3, 48 bytes each.</summary>
    /// <param name="index">0 to 3.</param>
    public ReadOnlySpan<byte> Rtmr(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, 3u, nameof(index));
        return _bytes.Slice(328 + (48 * index), 48);
    }

    /// <summary>Reads a body; false when <paramref name="source"/> has none of the three sizes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out TdReportBody body)
    {
        var fits = source.Length is SizeTd10 or SizeTd15 or SizeTd15Extended;
        body = fits ? new TdReportBody(source) : default;
        return fits;
    }
}
