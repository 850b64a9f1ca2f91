using System.Text.RegularExpressions;
using System.Xml.Linq;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary>Rules of the house that no compiler checks: floors, forbidden words, scripts, the solution's completeness.</summary>
public sealed partial class HouseTests
{
    // Each project with its floor; an arrow points to a lower floor only. Projects of the fourth floor use each other where listed.
    private static readonly Dictionary<string, int> Floors = new()
    {
        ["Casemate.Primitives"] = 1,
        ["Casemate.Attestation"] = 2,
        ["Casemate.Kubernetes"] = 2,
        ["Casemate.Measurement"] = 2,
        ["Casemate.Rpc"] = 2,
        ["Casemate.Oci"] = 3,
        ["Casemate.Rego"] = 3,
        ["Casemate.Simulator"] = 3,
        ["Casemate.Quoting"] = 4,
        ["Casemate.Collateral"] = 4,
        ["Casemate.Broker"] = 4,
        ["Casemate.Images"] = 4,
        ["Casemate.KataPolicy"] = 4,
        ["Casemate.Admission"] = 5,
        ["Casemate.Node"] = 5,
        ["Casemate.Serve"] = 5,
        ["Casemate.Addon"] = 6,
        ["Casemate.Cli"] = 7,
    };

    public static TheoryData<string> Projects =>
        [.. ProjectFiles("src").Select(path => Path.GetFileNameWithoutExtension(path))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void EveryProject_StandsOnAFloor_AndUsesLowerOnesOnly(string project)
    {
        Assert.True(Floors.TryGetValue(project, out var floor), $"{project} has no floor: add it here after deciding on one");
        foreach (var used in References(project))
        {
            Assert.True(Floors[used] < floor, $"{project} (floor {floor}) must not use {used} (floor {Floors[used]})");
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void NoProject_NamesOneAboveIt(string project)
    {
        var above = Floors.Where(entry => entry.Value > Floors[project]).Select(entry => entry.Key).ToList();
        foreach (var file in SourceFiles(Path.Combine("src", project)))
        {
            var usings = File.ReadLines(file).Where(line => line.StartsWith("using ", StringComparison.Ordinal)).ToList();
            Assert.All(above, name => Assert.DoesNotContain(usings, line => line.Contains(name, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void TheSolution_HoldsEveryProject()
    {
        var solution = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "Casemate.slnx"));
        foreach (var folder in (ReadOnlySpan<string>)["src", "tests"])
        {
            foreach (var path in ProjectFiles(folder))
            {
                Assert.Contains(Path.GetRelativePath(RepositoryPaths.Root, path), solution, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void NoFile_NamesThePlacesItMustNot()
    {
        foreach (var file in TextFiles())
        {
            Assert.False(Forbidden().IsMatch(File.ReadAllText(file)), $"{file} matches {Forbidden().Match(File.ReadAllText(file)).Value}");
        }
    }

    [Fact]
    public void EveryLink_BetweenPages_LeadsSomewhere()
    {
        foreach (var page in TextFiles().Where(file => file.EndsWith(".md", StringComparison.Ordinal)))
        {
            foreach (Match link in PageLink().Matches(File.ReadAllText(page)))
            {
                var (target, anchor) = (link.Groups[1].Value, link.Groups[2].Value);
                var path = target.Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, target));
                Assert.True(Path.Exists(path), $"{page} links to {target}, which does not exist");
                Assert.True(
                    anchor.Length == 0 || Headings(path).Contains(anchor), $"{page} links to {target}#{anchor}, which has no such heading");
            }
        }
    }

    [Fact]
    public void NoSource_IsUnfinished()
    {
        foreach (var file in SourceFiles("src"))
        {
            Assert.False(Unfinished().IsMatch(File.ReadAllText(file)), $"{file}: {Unfinished().Match(File.ReadAllText(file)).Value}");
        }
    }

    [Theory]
    [InlineData("casemate")]
    [InlineData("test")]
    [InlineData(".ci/run")]
    [InlineData("eng/publish")]
    public async Task EveryScript_IsExecutable_AndBashUnderstandsIt(string script)
    {
        var path = Path.Combine(RepositoryPaths.Root, script);
        Assert.Equal(0, (await ChildProgram.RunAsync("test", ["-x", path])).ExitCode);

        var check = await ChildProgram.RunAsync("bash", ["-n", path]);
        Assert.Equal("", check.Error);
        Assert.DoesNotContain('\r', File.ReadAllText(path));
    }

    private static IEnumerable<string> References(string project)
    {
        var file = Path.Combine(RepositoryPaths.Root, "src", project, project + ".csproj");
        return XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
    }

    private static IEnumerable<string> ProjectFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, folder), "*.csproj", SearchOption.AllDirectories);

    // Whoever reads a message has the program, and not the sources.
    [Fact]
    public void NoMessage_PointsToAFileOfTheSources()
    {
        foreach (var file in SourceFiles("src"))
        {
            var lines = File.ReadLines(file).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal));
            Assert.All(lines, line => Assert.False(
                PageInAText().IsMatch(line), $"{file}: name the page of the handbook, not its file: {line.Trim()}"));
        }
    }

    [GeneratedRegex("\"[^\"]*\\b(docs|tests|src)/[^\"]*\\.(md|cs)")]
    private static partial Regex PageInAText();

    private static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, folder), "*.cs", SearchOption.AllDirectories);

    // Everything that a person reads, without what the build made, and without the corpus, which is copied unchanged.
    private static IEnumerable<string> TextFiles()
    {
        string[] folders = ["src", "tests", "docs", "eng", "bench", "examples", "deploy", ".ci"];
        var inside = folders.Select(folder => Path.Combine(RepositoryPaths.Root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
        return Directory.EnumerateFiles(RepositoryPaths.Root).Where(file => Path.GetFileName(file) != ".git").Concat(inside)
            .Where(file => !file.StartsWith(RepositoryPaths.Corpus, StringComparison.Ordinal))
            .Where(file => !file.Contains("/__pycache__/", StringComparison.Ordinal));
    }

    // The anchors that the usual renderers make of headings.
    private static HashSet<string> Headings(string page) =>
        [.. File.ReadLines(page).Where(line => line.StartsWith('#')).Select(
            line => NoAnchor().Replace(line.TrimStart('#', ' ').ToLowerInvariant(), "").Replace(' ', '-'))];

    // Relative links alone: [text](path#anchor). Addresses are not visited.
    [GeneratedRegex(@"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")]
    private static partial Regex PageLink();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();

    // Written in pieces, so that this file does not match itself.
    [GeneratedRegex(
        "nuget[.]" + "org|registry[.]" + "npmjs|deb[.]" + "debian|snapshot[.]" + "debian"
        + "|/wor" + "k/|/far" + "m/|/roo" + "t/|bash_" + "jobs")]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"\b" + "TO" + @"DO\b|\bFIX" + @"ME\b|NotImplemented" + "Exception")]
    private static partial Regex Unfinished();
}
