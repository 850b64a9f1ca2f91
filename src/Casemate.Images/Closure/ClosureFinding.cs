namespace Casemate.Images.Closure;

/// <summary>Something that was found about a closure besides its files.</summary>
/// <param name="Kind">What it is, to branch on.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Path">The file that it is about, by its path in the root.</param>
/// <param name="Message">One sentence for a reader, complete.</param>
public sealed record ClosureFinding(ClosureFindingKind Kind, ClosureSeverity Severity, string Path, string Message);
