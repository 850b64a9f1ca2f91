using Casemate.Quoting;
using Casemate.Quoting.Service;

namespace Casemate.Quoting.Load;

/// <summary>The provider without queue and limits: what the protocol server alone can do.</summary>
internal sealed class DirectQuoteService(IQuoteProvider provider, QuotingTarget target) : IQuoteService
{
    public AttestationKeyId KeyId => provider.KeyId;

    public QuotingTarget? Target => target;

    public ValueTask<InitialisationOutcome> InitialiseAsync(Peer peer, TimeSpan? clientTimeout, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new InitialisationOutcome(AesmError.Success, target));

    public async ValueTask<QuoteOutcome> QuoteAsync(
        Peer peer, QuoteRequest request, TimeSpan? clientTimeout, CancellationToken cancellationToken)
    {
        try
        {
            return QuoteOutcome.Made(await provider.QuoteAsync(request, cancellationToken));
        }
        catch (QuoteProviderException e)
        {
            return QuoteOutcome.Failed(e.Code);
        }
    }
}
