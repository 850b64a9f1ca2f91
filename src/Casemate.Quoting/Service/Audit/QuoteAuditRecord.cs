using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Sgx;
using Casemate.Quoting.Qgs;

namespace Casemate.Quoting.Service.Audit;

/// <summary>Who asked for a quote of which enclave, when, and how it ended. Holds no quote and no report data, only their hash.</summary>
public sealed record QuoteAuditRecord
{
    /// <summary>When the request was answered.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who asked.</summary>
    public required Peer Peer { get; init; }

    /// <summary>What the client is told.</summary>
    public required AesmError Result { get; init; }

    /// <summary>Why the service refused; null when it did not.</summary>
    public QuoteRefusal? Refusal { get; init; }

    /// <summary>What Intel's quoting library returned; null when it was not asked or succeeded.</summary>
    public uint? DcapCode { get; init; }

    /// <summary>The back end.</summary>
    public required string Provider { get; init; }

    /// <summary>True when the quote proves nothing.</summary>
    public required bool Simulated { get; init; }

    /// <summary>What was quoted. Default: an enclave.</summary>
    public Tee Tee { get; init; } = Tee.Sgx;

    /// <summary>MRTD as the report of a TD says, 48 bytes; empty when no report of a TD was quoted.</summary>
    public ReadOnlyMemory<byte> MrTd { get; init; }

    /// <summary>
    /// MRENCLAVE as the report says, 32 bytes; proven only when <see cref="Result"/> is <see cref="AesmError.Success"/>. Empty when no
    /// enclave's report was quoted.
    /// </summary>
    public ReadOnlyMemory<byte> MrEnclave { get; init; }

    /// <summary>MRSIGNER as the report says, 32 bytes; empty like <see cref="MrEnclave"/>.</summary>
    public ReadOnlyMemory<byte> MrSigner { get; init; }

    /// <summary>ISVPRODID as the report says.</summary>
    public ushort IsvProdId { get; init; }

    /// <summary>ISVSVN as the report says.</summary>
    public ushort IsvSvn { get; init; }

    /// <summary>True when the report is of a debug enclave or a debug TD.</summary>
    public bool Debug { get; init; }

    /// <summary>SHA-256 over the 64 bytes of report data, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> ReportDataHash { get; init; }

    /// <summary>Makes the record of a request.</summary>
    /// <param name="time">When it was answered.</param>
    /// <param name="peer">Who asked.</param>
    /// <param name="provider">The back end.</param>
    /// <param name="report">The report, at least the 384 bytes of its body.</param>
    /// <param name="result">What the client is told.</param>
    /// <exception cref="ArgumentException"><paramref name="report"/> is shorter.</exception>
    public static QuoteAuditRecord Of(
        DateTimeOffset time, Peer peer, IQuoteProvider provider, ReadOnlySpan<byte> report, AesmError result)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (!SgxReportBody.TryRead(report[..Math.Min(report.Length, SgxReportBody.Size)], out var body))
        {
            throw new ArgumentException($"A report's body has {SgxReportBody.Size} bytes, not {report.Length}.", nameof(report));
        }

        return new QuoteAuditRecord
        {
            Time = time,
            Peer = peer,
            Result = result,
            Provider = provider.Name,
            Simulated = provider.Simulated,
            MrEnclave = body.MrEnclave.ToArray(),
            MrSigner = body.MrSigner.ToArray(),
            IsvProdId = body.IsvProdId,
            IsvSvn = body.IsvSvn,
            Debug = body.IsDebug,
            ReportDataHash = SHA256.HashData(body.ReportData),
        };
    }

    /// <summary>Makes the record of a request for the quote of a TD.</summary>
    /// <param name="time">When it was answered.</param>
    /// <param name="peer">Who asked.</param>
    /// <param name="provider">The back end.</param>
    /// <param name="tdReport">The TD report, 1024 bytes.</param>
    /// <param name="result">What the client is told.</param>
    /// <exception cref="ArgumentException"><paramref name="tdReport"/> has another size.</exception>
    public static QuoteAuditRecord OfTd(
        DateTimeOffset time, Peer peer, ITdQuoteProvider provider, ReadOnlySpan<byte> tdReport, AesmError result)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (tdReport.Length != TdReport.Size)
        {
            throw new ArgumentException($"A TD report has {TdReport.Size} bytes, not {tdReport.Length}.", nameof(tdReport));
        }

        return new QuoteAuditRecord
        {
            Time = time,
            Peer = peer,
            Result = result,
            Tee = Tee.Tdx,
            Provider = provider.Name,
            Simulated = provider.Simulated,
            MrTd = TdReport.MrTd(tdReport).ToArray(),
            Debug = TdReport.IsDebug(tdReport),
            ReportDataHash = SHA256.HashData(TdReport.ReportData(tdReport)),
        };
    }
}
