namespace Casemate.Rego.Syntax;

/// <summary>A parsed module.</summary>
internal sealed record Module(string File, string[] Package, RegoVersion Version, List<Import> Imports, List<Rule> Rules)
{
    /// <summary>Imports of keywords and of <c>rego.v1</c>.</summary>
    public List<Import> DialectImports { get; init; } = [];

    /// <summary>What the comments above its statements say of them.</summary>
    public List<RegoAnnotation> Annotations { get; init; } = [];

    /// <summary>Forms that the dialect of OPA 1.0 refuses, in a module of the older dialect.</summary>
    public List<(RegoLocation At, string Form)> OlderForms { get; init; } = [];
}
