namespace Casemate.Primitives.Files;

/// <summary>What became of checking the chain of a <see cref="HashChainedLog"/>.</summary>
/// <param name="Records">How many records follow one another without a break, from the first on.</param>
/// <param name="Break">The first line that breaks the chain; null when none does.</param>
public sealed record HashChain(long Records, HashChainBreak? Break);
