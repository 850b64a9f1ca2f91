using Casemate.Attestation;

namespace Casemate.Cli.Quotes;

/// <summary>What a quote helper says of itself.</summary>
/// <param name="Evidence">The kinds of evidence that it makes of its node, the first the default, and whether they are simulated.</param>
/// <param name="CanQuoteEnclaves">True when it quotes enclaves, and its attestation key is there.</param>
internal sealed record HelperDescription(IReadOnlyList<(Tee Tee, bool Simulated)> Evidence, bool CanQuoteEnclaves);
