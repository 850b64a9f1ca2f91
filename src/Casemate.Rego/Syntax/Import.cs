namespace Casemate.Rego.Syntax;

/// <summary>An import of <c>data</c> or <c>input</c>, or of a keyword.</summary>
internal sealed record Import(RegoLocation At, string[] Path, string Alias);
