using System.Buffers.Binary;

namespace Casemate.Simulator.Dcap;

/// <summary>Writes TD reports 1.0, 1.5 and 1.5 extended. Source: Intel DCAP, <c>sgx_quote_4.h</c> and <c>sgx_quote_5.h</c>.</summary>
internal static class TdReportWriter
{
    private const int Size10 = 584;
    private const int Size15 = 648;
    private const int Size15Ex = 885;

    public static byte[] Write(SimulatedTd td, TdxModule module, TdReportKind kind, ReadOnlySpan<byte> reportData)
    {
        var report = new byte[SizeOf(kind)];
        FieldSize.Put(report, 0, td.TeeTcbSvn ?? module.TeeTcbSvn, 16, nameof(td.TeeTcbSvn));
        FieldSize.Put(report, 16, td.MrSeam ?? module.MrSeam, 48, nameof(td.MrSeam));
        FieldSize.Put(report, 64, td.MrSignerSeam ?? module.MrSignerSeam, 48, nameof(td.MrSignerSeam));
        BinaryPrimitives.WriteUInt64LittleEndian(report.AsSpan(112), td.SeamAttributes ?? module.SeamAttributes);
        BinaryPrimitives.WriteUInt64LittleEndian(report.AsSpan(120), td.TdAttributes);
        BinaryPrimitives.WriteUInt64LittleEndian(report.AsSpan(128), td.Xfam);
        FieldSize.Put(report, 136, td.MrTd, 48, nameof(td.MrTd));
        FieldSize.Put(report, 184, td.MrConfigId, 48, nameof(td.MrConfigId));
        FieldSize.Put(report, 232, td.MrOwner, 48, nameof(td.MrOwner));
        FieldSize.Put(report, 280, td.MrOwnerConfig, 48, nameof(td.MrOwnerConfig));
        WriteRtmrs(report, td);
        FieldSize.Put(report, 520, reportData, 64, nameof(reportData));
        if (kind is not TdReportKind.V10)
        {
            FieldSize.Put(report, Size10, td.TeeTcbSvn2 ?? module.TeeTcbSvn, 16, nameof(td.TeeTcbSvn2));
            FieldSize.Put(report, 600, td.MrServiceTd, 48, nameof(td.MrServiceTd));
        }

        if (kind is TdReportKind.V15Ex)
        {
            FieldSize.Put(report, Size15, td.Extension, Size15Ex - Size15, nameof(td.Extension));
        }

        return report;
    }

    private static int SizeOf(TdReportKind kind) => kind switch
    {
        TdReportKind.V10 => Size10,
        TdReportKind.V15 => Size15,
        TdReportKind.V15Ex => Size15Ex,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown form of TD report."),
    };

    private static void WriteRtmrs(Span<byte> report, SimulatedTd td)
    {
        if (td.Rtmrs.Length != 4)
        {
            throw new ArgumentException($"A TD has four RTMRs; {td.Rtmrs.Length} were given.", nameof(td));
        }

        for (var i = 0; i < 4; i++)
        {
            FieldSize.Put(report, 328 + (48 * i), td.Rtmrs[i], 48, $"Rtmrs[{i}]");
        }
    }
}
