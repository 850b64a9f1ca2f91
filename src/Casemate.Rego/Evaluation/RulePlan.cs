namespace Casemate.Rego.Evaluation;

/// <summary>The plan of one branch of a rule.</summary>
/// <param name="At">Where the head stands.</param>
/// <param name="Slots">How many variables the branch has; arguments come first.</param>
/// <param name="Start">The first step; the last one yields.</param>
/// <param name="Else">The branch to try when this one yields nothing.</param>
/// <param name="Literals">The literals in the order of evaluation, for explanations.</param>
/// <param name="SlotNames">One name per slot.</param>
internal sealed record RulePlan(
    RegoLocation At, int Slots, Op Start, RulePlan? Else, IReadOnlyList<LiteralTrace> Literals, IReadOnlyList<string> SlotNames);
