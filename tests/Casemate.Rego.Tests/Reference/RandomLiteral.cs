namespace Casemate.Rego.Tests.Reference;

/// <summary>A literal as text and as a predicate over an assignment and what the literal sees.</summary>
internal sealed record RandomLiteral(string Text, string[] Variables, Func<Dictionary<string, RegoValue>, RandomWorld, bool> Holds);
