namespace Casemate.Rego.Syntax;

/// <summary>A statement that an annotation above it may speak of: where it begins, and the first rule that it makes.</summary>
internal readonly record struct AnnotatedStatement(int Line, AnnotatedKind Kind, Rule? Rule);
