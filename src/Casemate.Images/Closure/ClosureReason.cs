namespace Casemate.Images.Closure;

/// <summary>One reason why a file is in a closure.</summary>
/// <param name="Kind">The kind of reason.</param>
/// <param name="By">The file that needs it, by its path in the root; null when the user asked for it.</param>
/// <param name="Detail">What is said there, and how it was found: a name and a search path, a pattern, a function.</param>
public sealed record ClosureReason(ClosureReasonKind Kind, string? By, string Detail);
