namespace Casemate.Broker;

/// <summary>Keeps a record of every decision. Safe for concurrent use.</summary>
public interface IAuditSink
{
    /// <summary>Records a decision. The broker answers only after the task has ended: what cannot be recorded is not done.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="cancellationToken">Stops the wait; the record may still be written.</param>
    /// <exception cref="IOException">It could not be recorded.</exception>
    ValueTask RecordAsync(Decision decision, CancellationToken cancellationToken);
}
