namespace Casemate.Rego.Evaluation;

/// <summary>What traces say about one literal.</summary>
/// <param name="At">Where it stands.</param>
/// <param name="Text">Its source.</param>
/// <param name="Slots">The variables in it that are bound before it runs.</param>
/// <param name="Facts">References to <c>input</c> and calls in it whose values explain it, with their source.</param>
internal sealed record LiteralTrace(RegoLocation At, string Text, IReadOnlyList<int> Slots, IReadOnlyList<(string Text, Expr Value)> Facts);
