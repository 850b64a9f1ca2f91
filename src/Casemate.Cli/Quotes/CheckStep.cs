namespace Casemate.Cli.Quotes;

/// <summary>One step of <c>casemate quote-helper check</c>.</summary>
/// <param name="Name">What was tried.</param>
/// <param name="Passed">Whether it went well.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do about it; null when it passed.</param>
internal sealed record CheckStep(string Name, bool Passed, string Detail, string? Remedy = null);
