using System.Security.Cryptography;
using Casemate.Attestation.Sgx;

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

    /// <summary>MRENCLAVE as the report says, 32 bytes; proven only when <see cref="Result"/> is <see cref="AesmError.Success"/>.</summary>
    public required ReadOnlyMemory<byte> MrEnclave { get; init; }

    /// <summary>MRSIGNER as the report says, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> MrSigner { get; init; }

    /// <summary>ISVPRODID as the report says.</summary>
    public required ushort IsvProdId { get; init; }

    /// <summary>ISVSVN as the report says.</summary>
    public required ushort IsvSvn { get; init; }

    /// <summary>True when the report is of a debug enclave.</summary>
    public required bool Debug { get; init; }

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
}
