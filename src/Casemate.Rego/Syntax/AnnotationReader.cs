using System.Text;

namespace Casemate.Rego.Syntax;

/// <summary>Reads annotations: comments at the beginning of their lines, the first of which says <c># METADATA</c>, with YAML in them.</summary>
internal static class AnnotationReader
{
    /// <exception cref="RegoSyntaxException">An annotation is malformed, or stands above what it does not speak of.</exception>
    public static List<RegoAnnotation> Read(
        string file, string text, List<Token> tokens, string[] package, List<AnnotatedStatement> statements)
    {
        var annotations = new List<RegoAnnotation>();
        if (!text.Contains("METADATA", StringComparison.Ordinal))
        {
            return annotations;
        }

        var comments = Comments(text, tokens);
        for (var i = 0; i < comments.Count;)
        {
            var (first, said) = comments[i++];
            if (said.Trim() != "METADATA")
            {
                continue;
            }

            var yaml = new StringBuilder();
            for (var line = first + 1; i < comments.Count && comments[i].Line == line && comments[i].Text.Trim() != "METADATA"; line++)
            {
                yaml.Append(comments[i++].Text).Append('\n');
            }

            annotations.Add(Annotation(new RegoLocation(file, first, 1), yaml.ToString(), package, statements));
        }

        return annotations;
    }

    // The comments that begin their lines, without the sign. What stands in raw strings is none.
    private static List<(int Line, string Text)> Comments(string text, List<Token> tokens)
    {
        var comments = new List<(int, string)>();
        for (var i = 0; i < tokens.Count; i++)
        {
            var start = i == 0 ? 0 : tokens[i - 1].End;
            var gap = text.AsSpan(start, tokens[i].Start - start);
            var line = tokens[i].Line - gap.Count('\n');
            for (var at = 0; at < gap.Length; at++)
            {
                if (gap[at] == '\n')
                {
                    line++;
                }
                else if (gap[at] == '#')
                {
                    var length = gap[at..].IndexOf('\n');
                    var end = length < 0 ? gap.Length : at + length;
                    if (start + at == 0 || text[start + at - 1] == '\n')
                    {
                        comments.Add((line, gap[(at + 1)..end].TrimEnd().ToString()));
                    }

                    at = end - 1;
                }
            }
        }

        return comments;
    }

    private static RegoAnnotation Annotation(RegoLocation at, string yaml, string[] package, List<AnnotatedStatement> statements)
    {
        if (!RegoValue.TryReadYaml(yaml, out var value, out var error) || value is not RegoObject written)
        {
            throw new RegoSyntaxException(at, $"the annotation is not an object in YAML: {error ?? $"it is {value!.TypeName}"}");
        }

        if (!statements.Any(statement => statement.Line > at.Line))
        {
            throw new RegoSyntaxException(at, "no statement follows the annotation");
        }

        var (document, problem) = AnnotationMembers.Read(written);
        if (problem is not null)
        {
            throw new RegoSyntaxException(at, $"annotation: {problem}");
        }

        var below = statements.First(statement => statement.Line > at.Line);
        var entrypoint = document.Any(member => member is { Key: RegoString { Value: "entrypoint" } });
        RegoAnnotationScope? scope = (written["scope"] as RegoString)?.Value switch
        {
            null => below.Kind switch
            {
                AnnotatedKind.Rule => entrypoint ? RegoAnnotationScope.Document : RegoAnnotationScope.Rule,
                AnnotatedKind.Package => RegoAnnotationScope.Package,
                _ => null,
            },
            "rule" => RegoAnnotationScope.Rule,
            "document" => RegoAnnotationScope.Document,
            "package" => RegoAnnotationScope.Package,
            "subpackages" => RegoAnnotationScope.Subpackages,
            _ => throw new RegoSyntaxException(at, "annotation: scope is one of rule, document, package, subpackages"),
        };
        var ofRule = scope is RegoAnnotationScope.Rule or RegoAnnotationScope.Document;
        if (scope is null || ofRule != (below.Kind is AnnotatedKind.Rule) || below.Kind is AnnotatedKind.Import)
        {
            throw new RegoSyntaxException(at, scope is null ? "an annotation cannot stand above an import"
                : $"annotation scope '{scope.ToString()!.ToLowerInvariant()}' must be applied to {(ofRule ? "rule" : "package")} (have "
                    + $"{below.Kind.ToString().ToLowerInvariant()})");
        }

        string[] names = below.Rule is { } rule ? [.. package, .. NamesOf(rule)] : package;
        return new RegoAnnotation(scope.Value, string.Join('.', names.Prepend("data")), at, WithScope(document, scope.Value))
        {
            Names = names,
            Rule = below.Rule,
        };
    }

    private static RegoObject WithScope(List<KeyValuePair<RegoValue, RegoValue>> members, RegoAnnotationScope scope) => RegoObject.Create(
        [.. members, new(RegoString.Create("scope"), RegoString.Create(scope.ToString().ToLowerInvariant()))]);

    /// <summary>The name of a rule and the constants that follow it.</summary>
    public static IEnumerable<string> NamesOf(Rule rule) => rule.Path
        .TakeWhile(key => key is ConstantTerm { Value: RegoString }).Select(key => ((RegoString)((ConstantTerm)key).Value).Value)
        .Prepend(rule.Name);
}
