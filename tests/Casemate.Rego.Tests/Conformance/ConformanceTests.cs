using System.Globalization;
using Casemate.Rego.Conformance;
using Casemate.Testing;

namespace Casemate.Rego.Tests.Conformance;

public sealed class ConformanceTests
{
    private static readonly string Ours = Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Rego.Tests", "Conformance", "cases");
    private static readonly string Published = Path.Combine(RepositoryPaths.Root, "tests", "corpus", "rego", "opa");

    // Certificates in the cases are valid from 2023 on.
    private static readonly RegoEvaluation s_lately = new() { Now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), Seed = 1 };

    public static TheoryData<string> OurFiles =>
        [.. Directory.EnumerateFiles(Ours, "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> PublishedCategories =>
    [
        .. new[] { "v0", "v1" }.SelectMany(version => Directory.EnumerateDirectories(Path.Combine(Published, version)))
            .Select(folder => Path.GetRelativePath(Published, folder).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(OurFiles))]
    public void EveryCase_HasTheWantedResult(string file)
    {
        var cases = Read(Path.Combine(Ours, file));

        Assert.NotEmpty(cases);
        Assert.Equal(cases.Count, cases.Select(each => each.Note).Distinct().Count());
        var version = file.StartsWith("v0-", StringComparison.Ordinal) ? RegoVersion.V0 : RegoVersion.V1;
        Assert.All(cases, each => Assert.True(each.Run(version) is null, $"{each.Note}: {each.Run(version)}"));
    }

    /// <summary>The cases that Open Policy Agent publishes, as far as they are in the corpus, by category.</summary>
    [Theory]
    [MemberData(nameof(PublishedCategories))]
    public void PublishedCases_HaveTheWantedResult(string category)
    {
        var version = category.StartsWith("v0", StringComparison.Ordinal) ? RegoVersion.V0 : RegoVersion.V1;
        var cases = Directory.EnumerateFiles(Path.Combine(Published, category), "*.yaml").SelectMany(Read).ToList();
        var failures = cases.Select(each => (each.Note, Problem: each.Run(version, s_lately))).Where(each => each.Problem is not null)
            .Select(each => $"{each.Note}: {each.Problem}").ToList();

        Assert.NotEmpty(cases);
        Assert.True(failures.Count == 0, $"{failures.Count} of {cases.Count.ToString(CultureInfo.InvariantCulture)} cases of {category}:\n"
            + string.Join('\n', failures));
    }

    /// <summary>Cases that are known not to hold; docs/rego.md says why. One that holds again belongs with the others.</summary>
    [Fact]
    public void KnownDifferences_AreStillThere()
    {
        var cases = Directory.EnumerateFiles(Path.Combine(Published, "differences", "v1"), "*.yaml").SelectMany(Read).ToList();

        Assert.NotEmpty(cases);
        Assert.All(cases, each => Assert.NotNull(each.Run(RegoVersion.V1, s_lately)));
    }

    private static IReadOnlyList<RegoConformanceCase> Read(string path)
    {
        Assert.True(RegoConformanceCase.TryRead(File.ReadAllText(path), out var cases, out var error), $"{path}: {error}");
        return cases;
    }
}
