namespace Casemate.Quoting.Qgs;

/// <summary>
/// What can be said of a TD report without its key. Layout: REPORTMACSTRUCT (256 bytes), TEE_TCB_INFO (239), 17 reserved, TDINFO_STRUCT
/// (512). Source: Intel TDX module, TDREPORT_STRUCT.
/// </summary>
public static class TdReport
{
    /// <summary>Bytes of a TD report.</summary>
    public const int Size = 1024;

    /// <summary>The first byte of every TD report: its type.</summary>
    public const byte Type = 0x81;

    /// <summary>True when bytes have the form of a TD report: size, type, subtype 0, version 0 or 1, reserved bytes zero.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> report) =>
        report.Length == Size && report[0] == Type && report[1] == 0 && report[2] <= 1
        && !report[3..16].ContainsAnyExcept((byte)0)                       // byte of the type, and reserved
        && !report[192..224].ContainsAnyExcept((byte)0)
        && !report[495..512].ContainsAnyExcept((byte)0);

    /// <summary>The 64 bytes of report data.</summary>
    /// <param name="report">A whole report.</param>
    public static ReadOnlySpan<byte> ReportData(ReadOnlySpan<byte> report) => report.Slice(128, 64);

    /// <summary>The measurement of the TD's first content (MRTD), 48 bytes.</summary>
    /// <param name="report">A whole report.</param>
    public static ReadOnlySpan<byte> MrTd(ReadOnlySpan<byte> report) => report.Slice(528, 48);

    /// <summary>True for a TD whose memory the host can read (ATTRIBUTES, bit 0).</summary>
    /// <param name="report">A whole report.</param>
    public static bool IsDebug(ReadOnlySpan<byte> report) => (report[512] & 1) != 0;
}
