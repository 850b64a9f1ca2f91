namespace Casemate.Quoting.Service;

/// <summary>
/// The back end of a machine without SGX: no enclave gets a quote, and every one that asks is told so at once
/// (<see cref="AesmError.NoDevice"/>), rather than find nobody listening. What such a machine has is evidence of itself, and whether it
/// can be had decides whether the service is ready.
/// </summary>
/// <param name="evidence">The evidence that the machine makes of itself.</param>
/// <param name="maximumConcurrency">How many requests for it are worked on at once, at least 1.</param>
public sealed class NoEnclaveProvider(NodeEvidenceSource evidence, int maximumConcurrency) : IQuoteProvider
{
    /// <inheritdoc/>
    public string Name => Evidence.Name;

    /// <inheritdoc/>
    public bool Simulated => Evidence.Simulated;

    /// <inheritdoc/>
    public int MaximumConcurrency { get; } = maximumConcurrency >= 1
        ? maximumConcurrency : throw new ArgumentOutOfRangeException(nameof(maximumConcurrency), maximumConcurrency, "At least 1.");

    /// <inheritdoc/>
    public AttestationKeyId KeyId => AttestationKeyId.IntelQe3;

    /// <summary>The evidence that the machine makes of itself.</summary>
    public NodeEvidenceSource Evidence { get; } = evidence ?? throw new ArgumentNullException(nameof(evidence));

    /// <inheritdoc/>
    public ValueTask<QuotingTarget> InitialiseAsync(bool refresh, CancellationToken cancellationToken) => throw NoDevice();

    /// <inheritdoc/>
    public ValueTask<QuoteAnswer> QuoteAsync(QuoteRequest request, CancellationToken cancellationToken) => throw NoDevice();

    /// <summary>Does nothing: the evidence is its owner's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static QuoteProviderException NoDevice() => new(AesmError.NoDevice, "this machine has no SGX, so it quotes no enclaves");
}
