namespace Casemate.Quoting.Service.Audit;

/// <summary>Keeps no record.</summary>
public sealed class NoAudit : IQuoteAudit
{
    private NoAudit()
    {
    }

    /// <summary>The one instance.</summary>
    public static NoAudit Instance { get; } = new();

    /// <inheritdoc/>
    public ValueTask RecordAsync(QuoteAuditRecord record, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
