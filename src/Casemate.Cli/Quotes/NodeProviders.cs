using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Quoting;
using Casemate.Quoting.Qgs;
using Casemate.Quoting.Service;

namespace Casemate.Cli.Quotes;

/// <summary>The back ends of a node.</summary>
/// <param name="Enclaves">Quotes enclaves.</param>
/// <param name="Tds">Quotes TDs; null: nobody does.</param>
/// <param name="Sources">Evidence that the node makes of itself.</param>
/// <param name="Collateral">Where the back end's own collateral comes from; null: it has none.</param>
internal sealed record NodeProviders(
    IQuoteProvider Enclaves, ITdQuoteProvider? Tds, ImmutableArray<NodeEvidenceSource> Sources, ICollateralSource? Collateral)
    : IAsyncDisposable
{
    /// <summary>What evidence of this node chains to. Default: the hardware makers' roots.</summary>
    public TrustRoots Roots { get; init; } = TrustRoots.Production;

    public async ValueTask DisposeAsync()
    {
        await Enclaves.DisposeAsync();
        await ((Tds as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
