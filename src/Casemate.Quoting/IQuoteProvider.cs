namespace Casemate.Quoting;

/// <summary>A back end that makes SGX quotes of reports. One call, one quote; the provider keeps nothing of the caller.</summary>
public interface IQuoteProvider : IAsyncDisposable
{
    /// <summary>What the back end is called in logs and metrics, such as <c>dcap</c> or <c>simulated</c>.</summary>
    string Name { get; }

    /// <summary>True when its quotes prove nothing.</summary>
    bool Simulated { get; }

    /// <summary>How many calls it works on at once; more calls than that only wait. At least 1.</summary>
    int MaximumConcurrency { get; }

    /// <summary>The attestation key that it answers to.</summary>
    AttestationKeyId KeyId { get; }

    /// <summary>Makes and certifies the attestation key if need be, and tells what an enclave must know to report to it.</summary>
    /// <param name="refresh">True: makes the key anew although there is one.</param>
    /// <param name="cancellationToken">Stops the wait; what is under way in hardware is finished.</param>
    /// <exception cref="QuoteProviderException">The back end refused or failed.</exception>
    ValueTask<QuotingTarget> InitialiseAsync(bool refresh, CancellationToken cancellationToken);

    /// <summary>Makes a quote.</summary>
    /// <param name="request">The report, and what is wanted besides.</param>
    /// <param name="cancellationToken">Stops the wait; a quote under way in hardware is finished and dropped.</param>
    /// <exception cref="QuoteProviderException">
    /// The back end refused or failed; <see cref="AesmError.InvalidReport"/> for a wrong MAC.
    /// </exception>
    ValueTask<QuoteAnswer> QuoteAsync(QuoteRequest request, CancellationToken cancellationToken);
}
