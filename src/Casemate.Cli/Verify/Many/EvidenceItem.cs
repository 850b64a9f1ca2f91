using Casemate.Collateral;

namespace Casemate.Cli.Verify.Many;

/// <summary>One of many inputs, not yet read.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Directory">The directory on the command line under which it was found; null when it was named itself.</param>
/// <param name="Read">Reads it; throws <see cref="MalformedInputException"/>.</param>
internal sealed record EvidenceItem(string Name, string? Directory, Func<EvidenceFile> Read)
{
    /// <summary>Something that cannot even be tried.</summary>
    public static EvidenceItem Broken(string? directory, MalformedInputException problem) =>
        new(problem.Input, directory, () => throw problem);
}
