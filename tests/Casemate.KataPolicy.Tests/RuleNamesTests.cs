using System.Text.RegularExpressions;

namespace Casemate.KataPolicy.Tests;

/// <summary>
/// The modules of the rules are one package: a name that stands in two of them would silently become one rule that holds when either does.
/// </summary>
public sealed partial class RuleNamesTests
{
    [Fact]
    public void AName_IsDefinedInOneModule_OrInAlternativesOfIt()
    {
        var assembly = typeof(PolicyPlaceholder).Assembly;
        var resources = assembly.GetManifestResourceNames().Where(name => name.EndsWith(".rego", StringComparison.Ordinal)).ToList();
        Assert.Contains("Casemate.KataPolicy.Rules.core.rego", resources);

        var families = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var resource in resources)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var family = resource["Casemate.KataPolicy.Rules.".Length..^".rego".Length].Split('-')[0];
            foreach (Match head in Head().Matches(reader.ReadToEnd()))
            {
                families.TryAdd(head.Groups["name"].Value, []);
                families[head.Groups["name"].Value].Add(family);
            }
        }

        Assert.True(families.Count > 50, "the heads of the rules were not found");
        Assert.Empty(families.Where(name => name.Value.Count > 1).Select(name => $"{name.Key}: {string.Join(", ", name.Value)}"));
    }

    [GeneratedRegex(@"^(?:default )?(?!(?:package|import) )(?<name>[a-z_][A-Za-z0-9_]*)(?=[ (.\[])", RegexOptions.Multiline)]
    private static partial Regex Head();
}
