namespace Casemate.Quoting.Sgx;

/// <summary>Makes reports of an SGX enclave of this program. Safe for concurrent use; calls take their time on the caller's thread.</summary>
public interface ISgxReportSource
{
    /// <summary>Makes a report of <see cref="ReportEnclave"/>.</summary>
    /// <param name="targetInfo">Who can check the report: TARGETINFO, 512 bytes.</param>
    /// <param name="reportData">Exactly 64 bytes, placed in the report unchanged.</param>
    /// <returns>REPORT, 432 bytes.</returns>
    /// <exception cref="ArgumentException">One of the two has another size.</exception>
    /// <exception cref="EvidenceProviderException">No enclave can be made, or it made no report; the message says what to do.</exception>
    ReadOnlyMemory<byte> Report(ReadOnlySpan<byte> targetInfo, ReadOnlySpan<byte> reportData);
}
