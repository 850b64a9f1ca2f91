using Casemate.KataPolicy;

namespace Casemate.Cli.Policy;

/// <summary>Whether the rules of two policies let their data be compared.</summary>
/// <param name="BeforeIsCasemates">Whether the first policy's rules are Casemate's own.</param>
/// <param name="AfterIsCasemates">Whether the second policy's rules are.</param>
/// <param name="AreIdentical">Whether both have the same rules as text.</param>
internal sealed record ComparedRules(bool BeforeIsCasemates, bool AfterIsCasemates, bool AreIdentical)
{
    /// <summary>Whether equal data means that both allow the same.</summary>
    public bool AreCompared => AreIdentical || (BeforeIsCasemates && AfterIsCasemates);

    public static ComparedRules Of(string before, string after) =>
        new(PolicyRules.AreCasemates(before), PolicyRules.AreCasemates(after), PolicyRules.AreIdentical(before, after));

    /// <summary>Whose rules they are, as documents say it.</summary>
    public static string Word(bool isCasemates) => isCasemates ? "casemate" : "other";

    /// <summary>What a reader has to know before the differences; nothing where both are Casemate's own.</summary>
    public IEnumerable<string> Sentences(string before, string after)
    {
        if (AreIdentical)
        {
            return BeforeIsCasemates && AfterIsCasemates
                ? []
                : ["the rules of both are the same, but not Casemate's own for their data (or of another version): only the data is compared"];
        }

        return new[] { (Path: before, IsCasemates: BeforeIsCasemates), (Path: after, IsCasemates: AfterIsCasemates) }
            .Where(one => !one.IsCasemates)
            .Select(one => $"the rules of {one.Path} are not Casemate's own (or of another version): what they allow is not compared; run "
                + $"`casemate policy check --attack {one.Path}`");
    }
}
