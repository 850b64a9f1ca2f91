namespace Casemate.Rego.Tests.Reference;

/// <summary>A literal as text and as a predicate over an assignment and the rules before.</summary>
internal sealed record RandomLiteral(string Text, string[] Variables, Func<Dictionary<string, RegoValue>, List<RegoSet>, bool> Holds);
