using Casemate.Testing;

namespace Casemate.Rego.Tests.Conformance;

public sealed class ConformanceTests
{
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Rego.Tests", "Conformance", "cases");

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryCase_HasTheWantedResult(string file)
    {
        var cases = ConformanceCase.ReadFile(Path.Combine(Folder, file)).ToList();

        Assert.NotEmpty(cases);
        Assert.Equal(cases.Count, cases.Select(each => each.Note).Distinct().Count());
        var version = file.StartsWith("v0-", StringComparison.Ordinal) ? RegoVersion.V0 : RegoVersion.V1;
        Assert.All(cases, each => Assert.True(each.Run(version) is null, $"{each.Note}: {each.Run(version)}"));
    }

    /// <summary>Runs OPA's own cases where somebody has them: CASEMATE_REGO_CASES names the folder, CASEMATE_REGO_VERSION its
    /// dialect.</summary>
    [Fact]
    public void PublishedCases_AreRun_WhereTheyAreAtHand()
    {
        var folder = Environment.GetEnvironmentVariable("CASEMATE_REGO_CASES");
        Assert.SkipWhen(folder is null, "CASEMATE_REGO_CASES does not name a folder with cases of Open Policy Agent");

        var version = Environment.GetEnvironmentVariable("CASEMATE_REGO_VERSION") == "v0" ? RegoVersion.V0 : RegoVersion.V1;
        var failures = Directory.EnumerateFiles(folder!, "*.yaml", SearchOption.AllDirectories)
            .SelectMany(ConformanceCase.ReadFile)
            .Select(each => (each.Note, Problem: each.Run(version)))
            .Where(each => each.Problem is not null)
            .Select(each => $"{each.Note}: {each.Problem}");

        Assert.Empty(failures);
    }
}
