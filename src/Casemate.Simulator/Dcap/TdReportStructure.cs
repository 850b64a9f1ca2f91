using System.Security.Cryptography;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// TDREPORT_STRUCT: REPORTMACSTRUCT (256 bytes), TEE_TCB_INFO (239), 17 reserved, TDINFO_STRUCT (512). Source: Intel TDX module. The MAC
/// covers the first structure, which has the hashes of the other two; it is AES-CMAC in the first half of its 32 bytes, and zero in
/// the second, since hardware's own is not documented.
/// </summary>
internal static class TdReportStructure
{
    /// <summary>Bytes of a report.</summary>
    public const int Size = 1024;

    private const byte Type = 0x81;
    private const int MacAt = 224;
    private const int TcbInfoAt = 256;
    private const int TcbInfoSize = 239;
    private const int TdInfoAt = 512;
    private const int TdInfoSize = 512;
    private const int TdInfoInBody = 400;                                  // attributes to RTMR3

    /// <summary>Makes a report.</summary>
    /// <param name="body">TD report 1.5, 648 bytes.</param>
    /// <param name="cpuSvn">16 bytes.</param>
    /// <param name="key">The machine's, 16 bytes.</param>
    public static byte[] Write(ReadOnlySpan<byte> body, ReadOnlySpan<byte> cpuSvn, ReadOnlySpan<byte> key)
    {
        var report = new byte[Size];
        var tcbInfo = report.AsSpan(TcbInfoAt, TcbInfoSize);
        tcbInfo[..8].Fill(0xFF);                                           // every field is valid
        body[..120].CopyTo(tcbInfo[8..]);                                  // TEE_TCB_SVN, MRSEAM, MRSIGNERSEAM, ATTRIBUTES
        body.Slice(584, 16).CopyTo(tcbInfo[128..]);                        // TEE_TCB_SVN2
        var tdInfo = report.AsSpan(TdInfoAt, TdInfoSize);
        body.Slice(120, TdInfoInBody).CopyTo(tdInfo);
        body.Slice(600, 48).CopyTo(tdInfo[TdInfoInBody..]);                // SERVTD_HASH

        report[0] = Type;
        report[2] = tdInfo.Slice(TdInfoInBody, 48).ContainsAnyExcept((byte)0) ? (byte)1 : (byte)0;
        cpuSvn.CopyTo(report.AsSpan(16));
        SHA384.HashData(tcbInfo, report.AsSpan(32));
        SHA384.HashData(tdInfo, report.AsSpan(80));
        body.Slice(520, 64).CopyTo(report.AsSpan(128));
        AesCmac.Compute(key, report.AsSpan(0, MacAt), report.AsSpan(MacAt));
        return report;
    }

    /// <summary>True when a report was made with the key.</summary>
    public static bool Verify(ReadOnlySpan<byte> report, ReadOnlySpan<byte> key)
    {
        if (report.Length != Size)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[TcbInfoAt - MacAt];
        mac.Clear();
        AesCmac.Compute(key, report[..MacAt], mac);
        return CryptographicOperations.FixedTimeEquals(mac, report[MacAt..TcbInfoAt])
            && SHA384.HashData(report.Slice(TcbInfoAt, TcbInfoSize)).AsSpan().SequenceEqual(report.Slice(32, 48))
            && SHA384.HashData(report.Slice(TdInfoAt, TdInfoSize)).AsSpan().SequenceEqual(report.Slice(80, 48))
            && !report[(TcbInfoAt + TcbInfoSize)..TdInfoAt].ContainsAnyExcept((byte)0);
    }

    /// <summary>The TD report as it stands in quotes: 584 bytes, or 648 for report 1.5.</summary>
    public static byte[] Body(ReadOnlySpan<byte> report, bool is15)
    {
        var body = new byte[is15 ? 648 : 584];
        report.Slice(TcbInfoAt + 8, 120).CopyTo(body);
        report.Slice(TdInfoAt, TdInfoInBody).CopyTo(body.AsSpan(120));
        report.Slice(128, 64).CopyTo(body.AsSpan(520));
        if (is15)
        {
            report.Slice(TcbInfoAt + 128, 16).CopyTo(body.AsSpan(584));
            report.Slice(TdInfoAt + TdInfoInBody, 48).CopyTo(body.AsSpan(600));
        }

        return body;
    }
}
