namespace Casemate.Rego.Syntax;

/// <summary>The kinds of statements of a module.</summary>
internal enum AnnotatedKind
{
    Package,
    Import,
    Rule,
}
