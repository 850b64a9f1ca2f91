namespace Casemate.Quoting.Service;

/// <summary>
/// The one door to quotes, for every socket and protocol: it queues, limits, audits and counts. Its answers are outcomes, never
/// exceptions: a protocol server has a code to send whatever happens.
/// </summary>
public interface IQuoteService
{
    /// <summary>The attestation key that quotes are made with.</summary>
    AttestationKeyId KeyId { get; }

    /// <summary>
    /// False on a machine without SGX: whatever an enclave asks, the answer is <see cref="AesmError.NoDevice"/>.
    /// </summary>
    bool QuotesEnclaves => true;

    /// <summary>What enclaves must know to report; null until the key is made and certified. Never waits.</summary>
    QuotingTarget? Target { get; }

    /// <summary>Gets the target, making and certifying the key when there is none.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="clientTimeout">How long the client waits from now on; null: for ever.</param>
    /// <param name="cancellationToken">The server stops.</param>
    ValueTask<InitialisationOutcome> InitialiseAsync(Peer peer, TimeSpan? clientTimeout, CancellationToken cancellationToken);

    /// <summary>Makes a quote when it is the peer's turn.</summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="request">What is asked for; its memory is the caller's again when the task has ended.</param>
    /// <param name="clientTimeout">How long the client waits from now on; null: for ever.</param>
    /// <param name="cancellationToken">The server stops.</param>
    ValueTask<QuoteOutcome> QuoteAsync(Peer peer, QuoteRequest request, TimeSpan? clientTimeout, CancellationToken cancellationToken);
}
