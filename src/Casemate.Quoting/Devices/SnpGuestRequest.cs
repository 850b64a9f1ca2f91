using System.Buffers.Binary;

namespace Casemate.Quoting.Devices;

/// <summary>
/// Layouts and numbers of <c>/dev/sev-guest</c>. Source: Linux, <c>include/uapi/linux/sev-guest.h</c>; answer of the firmware:
/// AMD 56860, MSG_REPORT_RSP.
/// </summary>
internal static class SnpGuestRequest
{
    /// <summary><c>SNP_GET_REPORT</c>: _IOWR('S', 0, struct snp_guest_request_ioctl).</summary>
    public const uint GetReport = 0xC020_5300;

    /// <summary><c>SNP_GET_EXT_REPORT</c>: _IOWR('S', 2, struct snp_guest_request_ioctl).</summary>
    public const uint GetExtendedReport = 0xC020_5302;

    /// <summary>Bytes of <c>struct snp_guest_request_ioctl</c>.</summary>
    public const int EnvelopeSize = 32;

    /// <summary>Bytes of <c>struct snp_report_req</c>.</summary>
    public const int ReportRequestSize = 96;

    /// <summary>Bytes of <c>struct snp_ext_report_req</c>.</summary>
    public const int ExtendedRequestSize = 112;

    /// <summary>Bytes of <c>struct snp_report_resp</c>.</summary>
    public const int ResponseSize = 4000;

    /// <summary>Bytes that the driver accepts for certificates: four pages, and a multiple of one.</summary>
    public const int CertificatesSize = 0x4000;

    /// <summary>Where the report begins in the response: behind status, size and 24 reserved bytes.</summary>
    public const int ReportOffset = 32;

    /// <summary>Error of the host, in the upper half of <c>exitinfo2</c>: the certificates need more room.</summary>
    public const uint HostErrorInvalidLength = 1;

    /// <summary>Error of the host: it limits how often a guest may ask.</summary>
    public const uint HostErrorBusy = 2;

    private const byte MessageVersion = 1;

    /// <summary>Writes <c>struct snp_guest_request_ioctl</c>.</summary>
    public static void WriteEnvelope(Span<byte> envelope, ulong requestAddress, ulong responseAddress)
    {
        envelope.Clear();
        envelope[0] = MessageVersion;
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[8..], requestAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(envelope[16..], responseAddress);
    }

    /// <summary>What host (upper half) and firmware (lower half) said.</summary>
    public static ulong ExitInformation(ReadOnlySpan<byte> envelope) => BinaryPrimitives.ReadUInt64LittleEndian(envelope[24..]);

    /// <summary>Writes <c>struct snp_report_req</c>, or the first part of <c>struct snp_ext_report_req</c>.</summary>
    public static void WriteReportRequest(Span<byte> request, ReadOnlySpan<byte> reportData, uint vmpl)
    {
        request.Clear();
        reportData.CopyTo(request);
        BinaryPrimitives.WriteUInt32LittleEndian(request[64..], vmpl);
    }

    /// <summary>Writes the second part of <c>struct snp_ext_report_req</c>.</summary>
    public static void WriteCertificatesBuffer(Span<byte> request, ulong address, uint size)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(request[96..], address);
        BinaryPrimitives.WriteUInt32LittleEndian(request[104..], size);
    }
}
