using Casemate.Attestation;
using Casemate.Quoting.Service.Audit;

namespace Casemate.Quoting.Service;

/// <summary>What waits for its turn: how it is made, and how it is recorded.</summary>
internal abstract class ServiceWork
{
    /// <summary>What is quoted.</summary>
    public abstract Tee Tee { get; }

    /// <summary>Makes it.</summary>
    public abstract Task<QuoteAnswer> MakeAsync(CancellationToken cancellationToken);

    /// <summary>The record of how it ended.</summary>
    public abstract QuoteAuditRecord Record(DateTimeOffset time, Peer peer, AesmError error);

    /// <summary>The same work, whose memory is nobody else's.</summary>
    public abstract ServiceWork WithOwnMemory();
}
