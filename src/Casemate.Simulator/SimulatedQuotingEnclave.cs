using System.Security.Cryptography;
using Casemate.Simulator.Dcap;

namespace Casemate.Simulator;

/// <summary>
/// The quoting enclave of a simulated machine: it checks that a report was made for it on this machine, and signs a quote of version 3
/// over it. Safe for concurrent use. Source: Intel DCAP, <c>quoting_enclave_3.cpp</c>.
/// </summary>
public sealed class SimulatedQuotingEnclave
{
    /// <summary>Bytes of a report, <c>sgx_report_t</c>.</summary>
    public const int ReportSize = 432;

    /// <summary>Bytes of the QE report information, <c>sgx_ql_qe_report_info_t</c>: nonce, target info, QE report.</summary>
    public const int QeReportInfoSize = NonceSize + TargetInfoBytes.Size + ReportSize;

    private const int NonceSize = 16;
    private const int PublicKeyIdSize = 32;

    private readonly QuoteWriter _writer;
    private readonly byte[] _targetInfo;
    private readonly byte[] _qeReport;
    private readonly byte[] _template;

    internal SimulatedQuotingEnclave(InstallationSecret secret, DcapScenario scenario, QuoteWriter writer)
    {
        _writer = writer;
        ReportKeys = new ReportKeys(secret);
        _targetInfo = TargetInfoBytes.Of(scenario.QuotingEnclave);
        _template = writer.Write(version: 3, tdx: false, bodyType: 0, new byte[SgxReportWriter.Size]);

        // Where the QE report of a version 3 quote has its report data: behind header, body, length, signature and key.
        PublicKeyId = _template.AsMemory(48 + SgxReportWriter.Size + 4 + 64 + 64 + 320, PublicKeyIdSize);
        _qeReport = SgxReportWriter.Write(scenario.QuotingEnclave, PckExtension.CpuSvn(scenario.Machine), new byte[64]);
    }

    /// <summary>What an application's enclave names as target of its report, 512 bytes (<c>sgx_target_info_t</c>).</summary>
    public ReadOnlyMemory<byte> TargetInfo => _targetInfo;

    /// <summary>SHA-256 over attestation key and QE authentication data, 32 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKeyId { get; }

    /// <summary>Bytes of every quote that <see cref="Quote"/> returns, certificate chain included.</summary>
    public int QuoteSize => _template.Length;

    internal ReportKeys ReportKeys { get; }

    /// <summary>True when a report was made on this machine for this enclave and is unchanged since.</summary>
    /// <param name="report">432 bytes; another size is not accepted.</param>
    public bool Accepts(ReadOnlySpan<byte> report) => report.Length == ReportSize && ReportKeys.Verify(report, _targetInfo);

    /// <summary>
    /// True when the simulation mode of Intel's SGX SDK made the report for this enclave. Anyone can make such a report about any
    /// enclave, since its key is public: ask only where that is wanted.
    /// </summary>
    /// <param name="report">432 bytes; another size is not accepted.</param>
    public bool AcceptsSdkSimulation(ReadOnlySpan<byte> report) =>
        report.Length == ReportSize && SdkSimulationReport.Verify(report, _targetInfo);

    /// <summary>Makes a quote of the body of a report. Does not check the MAC: ask <see cref="Accepts"/> before.</summary>
    /// <param name="report">432 bytes.</param>
    /// <returns>The quote, version 3, <see cref="QuoteSize"/> bytes.</returns>
    /// <exception cref="ArgumentException"><paramref name="report"/> has another size.</exception>
    public byte[] Quote(ReadOnlySpan<byte> report)
    {
        FieldSize.Require(report, ReportSize, nameof(report));
        var quote = _template.AsSpan().ToArray();
        _writer.ReplaceBody(quote, report[..SgxReportWriter.Size]);
        return quote;
    }

    /// <summary>
    /// Makes the report by which the application can check that this enclave, and not its host, made the quote: its report data is
    /// SHA-256 over nonce and quote.
    /// </summary>
    /// <param name="asked">960 bytes: nonce, target info of the application's enclave, and a report that is replaced.</param>
    /// <param name="quote">The quote.</param>
    /// <returns>960 bytes: as asked, with the report.</returns>
    /// <exception cref="ArgumentException"><paramref name="asked"/> has another size.</exception>
    public byte[] QeReportInfo(ReadOnlySpan<byte> asked, ReadOnlySpan<byte> quote)
    {
        FieldSize.Require(asked, QeReportInfoSize, nameof(asked));
        var answer = asked.ToArray();
        Span<byte> body = stackalloc byte[SgxReportWriter.Size];
        _qeReport.CopyTo(body);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(asked[..NonceSize]);
        hash.AppendData(quote);
        hash.GetHashAndReset(body[320..]);
        ReportKeys.Report(body, asked.Slice(NonceSize, TargetInfoBytes.Size)).CopyTo(answer.AsSpan(NonceSize + TargetInfoBytes.Size));
        return answer;
    }
}
