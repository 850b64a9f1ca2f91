using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Resolved references as text.</summary>
internal static class SourceText
{
    public static string Of(Term term) => term switch
    {
        RootTerm root => root.IsInput ? "input" : "data",
        LocalTerm local => local.Name,
        ConstantTerm constant => constant.Value.ToString(),
        ReferenceTerm reference => Of(reference.Head) + string.Concat(reference.Path.Select(
            key => key is ConstantTerm { Value: RegoString name } && IsName(name.Value) ? "." + name.Value : "[" + Of(key) + "]")),
        CallTerm call => $"{call.Name}({string.Join(", ", call.Arguments.Select(Of))})",
        _ => "…",
    };

    private static bool IsName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
