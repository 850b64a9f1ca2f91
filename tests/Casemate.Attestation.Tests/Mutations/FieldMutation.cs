using System.Collections.Immutable;
using Casemate.Fuzz.Flips;

namespace Casemate.Attestation.Tests.Mutations;

/// <summary>One wrong way and what refuses it: a row of <c>docs/mutations.md</c>.</summary>
/// <param name="Format">The evidence.</param>
/// <param name="What">Field and mutation.</param>
/// <param name="Expected">The checks that must fail.</param>
/// <param name="Verdicts">The verdict for each valid case to which it applies.</param>
public sealed record FieldMutation(
    string Format, string What, ImmutableArray<CheckId> Expected, Func<IEnumerable<(string Case, FlipOutcome Outcome)>> Verdicts)
{
    /// <summary>Checks that may fail with them, depending on the case; empty: none other does.</summary>
    public ImmutableArray<CheckId> MayFail { get; init; } = [];
}
