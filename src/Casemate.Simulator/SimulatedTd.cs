using System.Collections.Immutable;

namespace Casemate.Simulator;

/// <summary>
/// A trust domain that asks for a quote: everything that its report says of it. Defaults are those of a plain production TD.
/// Source: Intel TDX module, TDREPORT_STRUCT and TDINFO_STRUCT.
/// </summary>
public sealed record SimulatedTd
{
    /// <summary>TDATTRIBUTES bit 0: the host can inspect the TD.</summary>
    public const ulong Debug = 1;

    /// <summary>TDATTRIBUTES bit 28: page faults cannot be injected into the TD.</summary>
    public const ulong SeptVeDisable = 1UL << 28;

    /// <summary>TDATTRIBUTES bit 29: the TD can be migrated.</summary>
    public const ulong Migratable = 1UL << 29;

    /// <summary>MRTD, 48 bytes; for a command, from <see cref="SimulatedMeasurement"/>.</summary>
    public required byte[] MrTd { get; init; }

    /// <summary>The report's form in a version 5 quote; version 4 always has 1.0. Default: 1.5.</summary>
    public TdReportKind Kind { get; init; } = TdReportKind.V15;

    /// <summary>TDATTRIBUTES. Default: <see cref="SeptVeDisable"/> alone.</summary>
    public ulong TdAttributes { get; init; } = SeptVeDisable;

    /// <summary>XFAM. Default: 0x602E7.</summary>
    public ulong Xfam { get; init; } = 0x602E7;

    /// <summary>MRCONFIGID, 48 bytes. Default: zero.</summary>
    public byte[] MrConfigId { get; init; } = new byte[48];

    /// <summary>MROWNER, 48 bytes. Default: zero.</summary>
    public byte[] MrOwner { get; init; } = new byte[48];

    /// <summary>MROWNERCONFIG, 48 bytes. Default: zero.</summary>
    public byte[] MrOwnerConfig { get; init; } = new byte[48];

    /// <summary>RTMR0 to RTMR3, 48 bytes each, exactly four. Default: zero.</summary>
    public ImmutableArray<byte[]> Rtmrs { get; init; } = [new byte[48], new byte[48], new byte[48], new byte[48]];

    /// <summary>TEE_TCB_SVN, 16 bytes: what the TD was launched on; null: what the machine runs.</summary>
    public byte[]? TeeTcbSvn { get; init; }

    /// <summary>TEE_TCB_SVN2, 16 bytes, report 1.5 and later: what runs now; null: what the machine runs.</summary>
    public byte[]? TeeTcbSvn2 { get; init; }

    /// <summary>MRSERVICETD, 48 bytes, report 1.5 and later. Default: zero, no service TD.</summary>
    public byte[] MrServiceTd { get; init; } = new byte[48];

    /// <summary>
    /// The 237 bytes that report 1.5 extended adds: VMID (1), TDID (32), DEVINFO (48), INIT_SERVTD_HASH (48), INIT_SERVTD_ATTRIBUTES
    /// (8), INIT_CPUSVN (16), INIT_TEE_TCB_SVN (16), INIT_TEE_FMSPC (12), CUR_SERVTD_HASH (48), CUR_SERVTD_ATTRIBUTES (8). Default: zero.
    /// </summary>
    public byte[] Extension { get; init; } = new byte[237];

    /// <summary>MRSEAM, 48 bytes; null: that of the machine's TDX module.</summary>
    public byte[]? MrSeam { get; init; }

    /// <summary>MRSIGNERSEAM, 48 bytes; null: that of the machine's TDX module.</summary>
    public byte[]? MrSignerSeam { get; init; }

    /// <summary>SEAMATTRIBUTES; null: those of the machine's TDX module.</summary>
    public ulong? SeamAttributes { get; init; }
}
