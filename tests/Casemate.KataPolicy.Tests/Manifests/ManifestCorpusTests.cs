using System.Text;
using Casemate.KataPolicy.Manifests;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Manifests;

/// <summary>More than fifty manifests in the style of well-known applications are taken as they are.</summary>
public sealed class ManifestCorpusTests
{
    private static string Directory => Path.Combine(RepositoryPaths.Root, "tests", "corpus", "kata", "manifests");

    public static TheoryData<string> Files => [.. System.IO.Directory.EnumerateFiles(Directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Fact]
    public void ThereAreMoreThanFifty() => Assert.Equal(53, Files.Count);

    [Theory]
    [MemberData(nameof(Files))]
    public void IsRead_WithoutAnyFinding(string name)
    {
        var file = Read(name);

        Assert.Empty(file.Findings);
        Assert.NotEmpty(file.Workloads);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void IsAnnotated_WithoutLosingAnything(string name)
    {
        var file = Read(name);
        var before = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Directory, name)));

        var rewrite = file.Rewrite([.. file.Workloads.Select(workload => new WorkloadEdit
        {
            Workload = workload,
            Annotations = [new(PolicyAnnotation.Initdata, "UE9MSUNZ")],
        })]);

        Assert.Empty(rewrite.Findings);
        var after = Encoding.UTF8.GetString(rewrite.Content!);
        Assert.True(IsSubsequence(before.Replace("agent.policy: cGFja2FnZSBhZ2VudF9wb2xpY3kK", "", StringComparison.Ordinal), after));
        var again = ManifestFile.Read(name, rewrite.Content!, ManifestOptions.Default);
        Assert.Empty(again.Findings);
        Assert.Equal(file.Workloads.Length, again.Workloads.Length);
        Assert.All(again.Workloads, workload => Assert.Equal("UE9MSUNZ", Assert.Single(workload.PolicyAnnotations).Value));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void IsTheSame_WhenAnnotatedTwice(string name)
    {
        var once = Annotate(Read(name));

        Assert.Equal(once, Annotate(ManifestFile.Read(name, once, ManifestOptions.Default)));
    }

    private static byte[] Annotate(ManifestFile file) => file.Rewrite([.. file.Workloads.Select(workload => new WorkloadEdit
    {
        Workload = workload,
        Annotations = [new(PolicyAnnotation.Initdata, "UE9MSUNZ")],
    })]).Content!;

    private static ManifestFile Read(string name) =>
        ManifestFile.Read(name, File.ReadAllBytes(Path.Combine(Directory, name)), ManifestOptions.Default);

    private static bool IsSubsequence(string part, string whole)
    {
        var at = 0;
        foreach (var c in whole)
        {
            at += at < part.Length && part[at] == c ? 1 : 0;
        }

        return at == part.Length;
    }
}
