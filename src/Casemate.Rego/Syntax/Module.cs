namespace Casemate.Rego.Syntax;

/// <summary>A parsed module.</summary>
internal sealed record Module(string File, string[] Package, RegoVersion Version, List<Import> Imports, List<Rule> Rules);
