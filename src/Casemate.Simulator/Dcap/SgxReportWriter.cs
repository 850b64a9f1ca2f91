using System.Buffers.Binary;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// Writes 384-byte SGX reports: of an enclave, or of the quoting enclave. Source: Intel SGX SDK, <c>sgx_report_body_t</c>.
/// </summary>
internal static class SgxReportWriter
{
    public const int Size = 384;
    private const int ReportDataOffset = 320;

    public static byte[] Write(SimulatedEnclave enclave, byte[] machineCpuSvn, ReadOnlySpan<byte> reportData)
    {
        var report = new byte[Size];
        FieldSize.Put(report, 0, enclave.CpuSvn ?? machineCpuSvn, 16, nameof(enclave.CpuSvn));
        BinaryPrimitives.WriteUInt32LittleEndian(report.AsSpan(16), enclave.MiscSelect);
        FieldSize.Put(report, 32, enclave.IsvExtProdId, 16, nameof(enclave.IsvExtProdId));
        BinaryPrimitives.WriteUInt64LittleEndian(report.AsSpan(48), enclave.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(report.AsSpan(56), enclave.Xfrm);
        FieldSize.Put(report, 64, enclave.MrEnclave, 32, nameof(enclave.MrEnclave));
        FieldSize.Put(report, 128, enclave.MrSigner, 32, nameof(enclave.MrSigner));
        FieldSize.Put(report, 192, enclave.ConfigId, 64, nameof(enclave.ConfigId));
        BinaryPrimitives.WriteUInt16LittleEndian(report.AsSpan(256), enclave.IsvProdId);
        BinaryPrimitives.WriteUInt16LittleEndian(report.AsSpan(258), enclave.IsvSvn);
        BinaryPrimitives.WriteUInt16LittleEndian(report.AsSpan(260), enclave.ConfigSvn);
        FieldSize.Put(report, 304, enclave.IsvFamilyId, 16, nameof(enclave.IsvFamilyId));
        FieldSize.Put(report, ReportDataOffset, reportData, 64, nameof(reportData));
        return report;
    }

    public static byte[] Write(QuotingEnclave enclave, byte[] machineCpuSvn, ReadOnlySpan<byte> reportData)
    {
        var asEnclave = new SimulatedEnclave
        {
            MrEnclave = enclave.MrEnclave,
            MrSigner = enclave.MrSigner,
            IsvProdId = enclave.IsvProdId,
            IsvSvn = enclave.IsvSvn,
            Flags = enclave.Flags,
            Xfrm = enclave.Xfrm,
            MiscSelect = enclave.MiscSelect,
        };
        return Write(asEnclave, machineCpuSvn, reportData);
    }
}
