using Casemate.Rego.Evaluation;

namespace Casemate.Rego.Compiling;

/// <summary>A planned query.</summary>
/// <param name="Plan">The steps; the last one yields a row of values.</param>
/// <param name="Names">The names of the row's values; the value of a single term has none and comes last.</param>
/// <param name="HasValue">Whether the query is a single term.</param>
internal sealed record QueryPlan(RulePlan Plan, RegoString[] Names, bool HasValue);
