using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>What <c>rego.metadata.rule()</c> and <c>rego.metadata.chain()</c> give in one rule.</summary>
internal static class AnnotationChain
{
    /// <summary>The annotation of the rule itself, the lowest of several; an empty object where there is none.</summary>
    public static RegoObject OfRule(IEnumerable<RegoAnnotation> all, Rule rule) => Own(all, rule).FirstOrDefault()?.Document ?? RegoObject.Empty;

    /// <summary>The rule, with what is said of it, then what is said of its document, its package and the packages above.</summary>
    public static RegoArray Of(IReadOnlyList<RegoAnnotation> all, string[] package, Rule rule)
    {
        string[] names = [.. package, .. AnnotationReader.NamesOf(rule)];
        var entries = Own(all, rule).Select(Entry).ToList();
        if (entries.Count == 0)
        {
            entries.Add(Entry(names, null));
        }

        entries.AddRange(In(RegoAnnotationScope.Document).Where(each => each.Names.AsSpan().SequenceEqual(names)).Take(1).Select(Entry));
        entries.AddRange(In(RegoAnnotationScope.Package).Where(each => each.Names.AsSpan().SequenceEqual(package)).Take(1).Select(Entry));
        entries.AddRange(In(RegoAnnotationScope.Subpackages).Where(each => package.AsSpan().StartsWith(each.Names))
            .OrderByDescending(each => each.Names.Length).Select(Entry));
        return RegoArray.Create(entries);

        IEnumerable<RegoAnnotation> In(RegoAnnotationScope scope) => all.Where(each => each.Scope == scope);
    }

    private static IEnumerable<RegoAnnotation> Own(IEnumerable<RegoAnnotation> all, Rule rule) => all
        .Where(each => each.Scope is RegoAnnotationScope.Rule && IsBranch(each.Rule, rule)).OrderByDescending(each => each.Location.Line);

    private static bool IsBranch(Rule? first, Rule rule)
    {
        for (var branch = first; branch is not null; branch = branch.Else)
        {
            if (ReferenceEquals(branch, rule))
            {
                return true;
            }
        }

        return false;
    }

    private static RegoValue Entry(RegoAnnotation annotation) => Entry(annotation.Names, annotation.Document);

    private static RegoValue Entry(string[] names, RegoObject? document)
    {
        var path = KeyValuePair.Create<RegoValue, RegoValue>(RegoString.Create("path"), RegoArray.Create(names.Select(RegoString.Create)));
        return RegoObject.Create(document is null ? [path]
            : [path, KeyValuePair.Create<RegoValue, RegoValue>(RegoString.Create("annotations"), document)]);
    }
}
