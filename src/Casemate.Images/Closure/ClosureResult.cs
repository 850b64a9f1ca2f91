using System.Collections.Immutable;

namespace Casemate.Images.Closure;

/// <summary>The files that programs need, each with its reasons.</summary>
/// <param name="Files">Files and links, sorted by path in ordinal order.</param>
/// <param name="Processes">What each program loads.</param>
/// <param name="Findings">What is wrong or worth knowing, errors first.</param>
public sealed record ClosureResult(
    ImmutableArray<ClosureFile> Files, ImmutableArray<ClosureProcess> Processes, ImmutableArray<ClosureFinding> Findings)
{
    /// <summary>Whether nothing is missing: there is no finding of severity <see cref="ClosureSeverity.Error"/>.</summary>
    public bool IsComplete => Findings.All(finding => finding.Severity is not ClosureSeverity.Error);

    /// <summary>Bytes of all files.</summary>
    public long TotalSize => Files.Sum(file => file.Size);
}
