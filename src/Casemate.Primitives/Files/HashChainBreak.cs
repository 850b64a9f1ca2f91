namespace Casemate.Primitives.Files;

/// <summary>A line that breaks the chain of a <see cref="HashChainedLog"/>.</summary>
/// <param name="Path">The file it stands in.</param>
/// <param name="Line">Its number in that file, from 1.</param>
/// <param name="Problem">What is wrong with it, to be put after the line's number.</param>
public sealed record HashChainBreak(string Path, long Line, string Problem);
