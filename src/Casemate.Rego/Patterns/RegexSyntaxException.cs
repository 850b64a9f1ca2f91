namespace Casemate.Rego.Patterns;

/// <summary>A pattern that is no regular expression here; never leaves the pattern engine.</summary>
internal sealed class RegexSyntaxException(string message, int position)
    : Exception($"error parsing regexp at character {position + 1}: {message}");
