using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// TDREPORT_STRUCT, which a TD gets from the TDX module and only a quoting enclave of the same machine can check. Source: Intel TDX
/// module, ABI reference, TDREPORT_STRUCT. The MAC key follows from the machine's secret.
/// </summary>
/// <remarks>
/// 0 REPORTMACSTRUCT (256): 0 type, 16 CPUSVN, 32 hash of TEE_TCB_INFO, 80 hash of TDINFO, 128 report data, 224 MAC over what is before
/// it; 256 TEE_TCB_INFO (239); 512 TDINFO (512).
/// </remarks>
internal sealed class TdReportStructure(InstallationSecret secret)
{
    /// <summary>Bytes of the structure.</summary>
    public const int Size = 1024;

    private const int MacOffset = 224;
    private const int TcbOffset = 256;
    private const int TcbSize = 239;
    private const int TdOffset = 512;
    private const int TdSize = 512;
    private const byte TypeTdx = 0x81;
    private const byte Version15 = 1;

    private readonly byte[] _key = secret.Bytes(32, "tdx/report-key");

    /// <summary>Makes the report.</summary>
    public byte[] Write(SimulatedTd td, TdxModule module, ReadOnlySpan<byte> cpuSvn, ReadOnlySpan<byte> reportData)
    {
        var is15 = td.Kind is not TdReportKind.V10;
        var body = TdReportWriter.Write(td, module, is15 ? TdReportKind.V15 : TdReportKind.V10, reportData).AsSpan();
        var report = new byte[Size];
        report[0] = TypeTdx;
        report[2] = is15 ? Version15 : (byte)0;
        cpuSvn.CopyTo(report.AsSpan(16));
        reportData.CopyTo(report.AsSpan(128));

        var tcb = report.AsSpan(TcbOffset, TcbSize);
        BinaryPrimitives.WriteUInt64LittleEndian(tcb, is15 ? 0x301FFUL : 0x1FFUL);
        body[..120].CopyTo(tcb[8..]);
        body[120..520].CopyTo(report.AsSpan(TdOffset));
        if (is15)
        {
            body.Slice(584, 16).CopyTo(tcb[128..]);
            body.Slice(600, 48).CopyTo(report.AsSpan(TdOffset + 400));
        }

        SHA384.HashData(tcb, report.AsSpan(32));
        SHA384.HashData(report.AsSpan(TdOffset, TdSize), report.AsSpan(80));
        HMACSHA256.HashData(_key, report.AsSpan(0, MacOffset), report.AsSpan(MacOffset));
        return report;
    }

    /// <summary>True when the report was made on this machine and not changed.</summary>
    public bool Verify(ReadOnlySpan<byte> report)
    {
        if (report.Length != Size || report[0] != TypeTdx)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[32];
        Span<byte> hashes = stackalloc byte[96];
        HMACSHA256.HashData(_key, report[..MacOffset], mac);
        SHA384.HashData(report.Slice(TcbOffset, TcbSize), hashes);
        SHA384.HashData(report.Slice(TdOffset, TdSize), hashes[48..]);
        return CryptographicOperations.FixedTimeEquals(mac, report.Slice(MacOffset, mac.Length))
            && hashes.SequenceEqual(report.Slice(32, hashes.Length))
            && !report[(TcbOffset + TcbSize)..TdOffset].ContainsAnyExcept((byte)0);
    }

    /// <summary>The body of a quote of the report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="allow15">False: TD report 1.0 whatever the report is.</param>
    /// <param name="kind">The form of the body.</param>
    public static byte[] ToBody(ReadOnlySpan<byte> report, bool allow15, out TdReportKind kind)
    {
        kind = allow15 && report[2] == Version15 ? TdReportKind.V15 : TdReportKind.V10;
        var body = new byte[kind is TdReportKind.V15 ? 648 : 584];
        report.Slice(TcbOffset + 8, 120).CopyTo(body);
        report.Slice(TdOffset, 400).CopyTo(body.AsSpan(120));
        report.Slice(128, 64).CopyTo(body.AsSpan(520));
        if (kind is TdReportKind.V15)
        {
            report.Slice(TcbOffset + 128, 16).CopyTo(body.AsSpan(584));
            report.Slice(TdOffset + 400, 48).CopyTo(body.AsSpan(600));
        }

        return body;
    }
}
