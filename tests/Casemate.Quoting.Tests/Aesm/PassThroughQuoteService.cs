using Casemate.Quoting.Service;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>A quote service without queue, limits and audit: it asks its provider at once.</summary>
internal sealed class PassThroughQuoteService(IQuoteProvider provider) : IQuoteService
{
    private readonly List<(Peer Peer, TimeSpan? Timeout)> _asked = [];

    public AttestationKeyId KeyId => provider.KeyId;

    public QuotingTarget? Target { get; set; }

    /// <summary>What runs before a quote is made; null: nothing.</summary>
    public Func<CancellationToken, Task>? BeforeQuote { get; set; }

    /// <summary>How the initialisation ends instead of properly; null: properly.</summary>
    public AesmError? InitialisationError { get; set; }

    public IReadOnlyList<(Peer Peer, TimeSpan? Timeout)> Asked
    {
        get
        {
            lock (_asked)
            {
                return [.. _asked];
            }
        }
    }

    public async ValueTask<InitialisationOutcome> InitialiseAsync(Peer peer, TimeSpan? clientTimeout, CancellationToken cancellationToken)
    {
        if (InitialisationError is { } error)
        {
            return new InitialisationOutcome(error, null);
        }

        Target = await provider.InitialiseAsync(refresh: false, cancellationToken);
        return new InitialisationOutcome(AesmError.Success, Target);
    }

    public async ValueTask<QuoteOutcome> QuoteAsync(
        Peer peer, QuoteRequest request, TimeSpan? clientTimeout, CancellationToken cancellationToken)
    {
        lock (_asked)
        {
            _asked.Add((peer, clientTimeout));
        }

        try
        {
            if (BeforeQuote is { } before)
            {
                await before(cancellationToken);
            }

            return QuoteOutcome.Made(await provider.QuoteAsync(request, cancellationToken));
        }
        catch (QuoteProviderException e)
        {
            return QuoteOutcome.Failed(e.Code);
        }
    }
}
