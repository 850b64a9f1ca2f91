namespace Casemate.Images.Closure;

/// <summary>One place where a loader looks for a library.</summary>
/// <param name="Path">The file.</param>
/// <param name="How">The rule that names it, for the reader.</param>
/// <param name="IsVariant">Whether it is for newer processors only, so that the search goes on.</param>
/// <param name="Source">Where the rule comes from.</param>
internal readonly record struct SearchPlace(string Path, string How, bool IsVariant, SearchSource Source);
