namespace Casemate.Cli.Lint;

/// <summary>A file with everything mended that can be mended without a person.</summary>
/// <param name="Before">It as it was.</param>
/// <param name="After">It as it is now; the same when nothing could be mended.</param>
/// <param name="Fixed">What was mended, with the places of that moment.</param>
internal sealed record FixedFile(LintedFile Before, LintedFile After, IReadOnlyList<PlacedFinding> Fixed)
{
    /// <summary>Whether anything was mended.</summary>
    public bool IsChanged => Fixed.Count > 0;

    /// <summary>Whether there was more to mend than one run does: another one goes on.</summary>
    public bool IsUnfinished { get; init; }
}
