namespace Casemate.Quoting;

/// <summary>A TEE with registers that a running workload can extend, such as the RTMRs of a TD.</summary>
public interface IRuntimeMeasurements
{
    /// <summary>
    /// Appends an entry to the event log and extends the register reserved for it. What was extended shows in every later
    /// piece of evidence and cannot be taken back.
    /// </summary>
    /// <param name="entry">The entry's text, one line without its end; its digest is what extends the register.</param>
    /// <param name="cancellationToken">Stops the wait; an extension under way is finished.</param>
    /// <exception cref="EvidenceProviderException">The register could not be extended, or the event log is full.</exception>
    ValueTask ExtendAsync(string entry, CancellationToken cancellationToken);
}
