namespace Casemate.Quoting.Service.Audit;

/// <summary>Keeps a record of every quote. Safe for concurrent use.</summary>
public interface IQuoteAudit
{
    /// <summary>Records how a request for a quote ended. A quote is given out only after the task has ended.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">Stops the wait; the record may still be written.</param>
    /// <exception cref="IOException">It could not be recorded.</exception>
    ValueTask RecordAsync(QuoteAuditRecord record, CancellationToken cancellationToken);
}
