using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Quoting.Service.Audit;

namespace Casemate.Quoting.Service;

/// <summary>Evidence of this node over somebody's report data.</summary>
internal sealed class EvidenceWork(NodeEvidenceSource source, byte[] reportData) : ServiceWork
{
    public override Tee Tee => source.Tee;

    public override Task<QuoteAnswer> MakeAsync(CancellationToken cancellationToken) =>
        source.MakeWholeAsync(reportData, cancellationToken);

    public override QuoteAuditRecord Record(DateTimeOffset time, Peer peer, AesmError error) => new()
    {
        Time = time,
        Peer = peer,
        Result = error,
        Tee = source.Tee,
        Provider = source.Name,
        Simulated = source.Simulated,
        ReportDataHash = SHA256.HashData(reportData),
    };

    public override ServiceWork WithOwnMemory() => this;
}
