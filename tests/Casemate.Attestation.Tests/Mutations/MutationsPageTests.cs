using System.Collections.Immutable;
using System.Text;
using Casemate.Fuzz.Flips;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Mutations;

/// <summary>Holds <c>docs/mutations.md</c> against the tables that the tests run.</summary>
public sealed class MutationsPageTests
{
    private static readonly string s_page = Path.Combine(RepositoryPaths.Root, "docs", "mutations.md");

    [Theory]
    [InlineData("regions")]
    [InlineData("fields")]
    [InlineData("mutations")]
    public void ThePageShowsTheTable(string name)
    {
        var (begin, end) = ($"<!-- {name} -->\n", $"<!-- end of {name} -->");
        var page = File.ReadAllText(s_page);
        var start = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var stop = page.IndexOf(end, StringComparison.Ordinal);
        var expected = Render(name);
        if (Environment.GetEnvironmentVariable("CASEMATE_ACCEPT_MUTATIONS") == "1")
        {
            File.WriteAllText(s_page, page[..start] + expected + page[stop..]);
            return;
        }

        Assert.Equal(expected, page[start..stop]);
    }

    private static string Render(string name)
    {
        var text = new StringBuilder();
        switch (name)
        {
            case "regions":
                text.Append("| evidence | region | one of these fails | these may fail with it | flips that change nothing |\n|---|---|---|---|---|\n");
                foreach (var r in FlipRegions.All)
                {
                    text.Append($"| {r.Kind} | {r.Name} | {Names(r.Guards)} | {Names(r.MayFail)} | {r.Unprotected} |\n");
                }

                break;
            case "fields":
                text.Append("| structure | field | offset | bytes |\n|---|---|---|---|\n");
                foreach (var (structure, _, fields) in EvidenceFields.Tables)
                {
                    foreach (var (field, offset, size) in fields)
                    {
                        text.Append($"| {structure} | {field} | {offset} | {size} |\n");
                    }
                }

                break;
            default:
                text.Append("| evidence | mutation | fails | may fail with it |\n|---|---|---|---|\n");
                foreach (var m in FieldMutations.All)
                {
                    text.Append($"| {m.Format} | {m.What} | {Names(m.Expected)} | {Names(m.MayFail)} |\n");
                }

                break;
        }

        return text.ToString();
    }

    private static string Names(ImmutableArray<CheckId> ids) => string.Join(", ", ids.Select(id => $"`{id}`"));
}
