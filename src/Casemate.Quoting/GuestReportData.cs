using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;

namespace Casemate.Quoting;

/// <summary>
/// Compares evidence with what was asked for. Not a verification: it keeps apart the requests of two programs, and says at once what a
/// relying party would otherwise say later.
/// </summary>
internal static class GuestReportData
{
    /// <summary>Bytes of report data.</summary>
    public const int Size = KbsRuntimeData.ReportDataSize;

    /// <summary>Checks a caller's report data.</summary>
    /// <exception cref="ArgumentException">They have another size.</exception>
    public static void Require(ReadOnlyMemory<byte> reportData)
    {
        if (reportData.Length != Size)
        {
            throw new ArgumentException($"Report data has {Size} bytes, not {reportData.Length}.", nameof(reportData));
        }
    }

    /// <summary>Why evidence is not evidence over <paramref name="reportData"/>, a clause; null when it is.</summary>
    public static string? Problem(Tee tee, ReadOnlySpan<byte> evidence, ReadOnlySpan<byte> reportData)
    {
        if (evidence.IsEmpty)
        {
            return tee is Tee.Tdx
                ? "the quote is empty: the host's quote generation service is not reachable or too old (it needs DCAP 1.21 or later)"
                : "the report is empty";
        }

        ReadOnlySpan<byte> found;
        if (tee is Tee.Snp)
        {
            if (SnpReport.TryRead(evidence, out var report) is var error and not SnpReportError.None)
            {
                return $"the bytes are no report ({error})";
            }

            found = report.ReportData;
        }
        else
        {
            if (Quote.TryRead(evidence, out var quote, out _) is var error and not QuoteError.None)
            {
                return $"the bytes are no quote ({error})";
            }

            if (quote.Tee is not Tee.Tdx || !TdReportBody.TryRead(quote.Body, out var body))
            {
                return $"the quote is one of {quote.Tee}";
            }

            found = body.ReportData;
        }

        return found.SequenceEqual(reportData) ? null : "the report data are not those that were asked for";
    }
}
