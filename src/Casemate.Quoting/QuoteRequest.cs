namespace Casemate.Quoting;

/// <summary>A report that wants a quote. Whoever makes one has checked the two sizes.</summary>
/// <param name="Report">432 bytes, <c>sgx_report_t</c>. Valid until the call that gets the request has ended, and no longer.</param>
/// <param name="QeReportInfo">
/// 960 bytes, <c>sgx_ql_qe_report_info_t</c>: a report of the quoting enclave over the quote is wanted, too. Empty: none is wanted.
/// Valid as long as <paramref name="Report"/>.
/// </param>
public readonly record struct QuoteRequest(ReadOnlyMemory<byte> Report, ReadOnlyMemory<byte> QeReportInfo)
{
    /// <summary>Bytes of <see cref="Report"/>.</summary>
    public const int ReportSize = 432;

    /// <summary>Bytes of <see cref="QeReportInfo"/> that is not empty.</summary>
    public const int QeReportInfoSize = 960;
}
