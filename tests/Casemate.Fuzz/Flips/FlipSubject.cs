using System.Collections.Immutable;
using Casemate.Attestation;

namespace Casemate.Fuzz.Flips;

/// <summary>Valid evidence or one document of its collateral, with everything else it takes to verify it.</summary>
/// <param name="Name">Case and document.</param>
/// <param name="Bytes">The genuine bytes.</param>
/// <param name="Parts">The regions, in order and without gaps.</param>
/// <param name="Verify">Verifies changed bytes, with or without a cache.</param>
public sealed record FlipSubject(
    string Name, byte[] Bytes, ImmutableArray<FlipPart> Parts, Func<byte[], VerificationCache?, FlipOutcome> Verify)
{
    /// <summary>
    /// Whether changed bytes say the same as the genuine ones, so that the verdict must stay as it is: text around PEM blocks, data
    /// that nobody reads. By default nothing does.
    /// </summary>
    public Func<byte[], bool> SaysTheSame { get; init; } = _ => false;

    /// <summary>A shared warm cache, so that many documents of one case do not warm one each.</summary>
    public VerificationCache Cache { get; init; } = new();

    public override string ToString() => Name;
}
