using Casemate.Testing;

namespace Casemate.Addon.Tests;

/// <summary>What lies in <c>deploy/</c> is what the program writes, and kubectl makes of it what the program renders.</summary>
public sealed class DeployedTreeTests
{
    public static TheoryData<AddonOverlay> Overlays => [.. Enum.GetValues<AddonOverlay>()];

    private static string Deploy => Path.Combine(RepositoryPaths.Root, "deploy");

    /// <summary>After a change: <c>casemate addon render --tree deploy</c>, look at the difference, and commit it.</summary>
    [Fact]
    public void TheTree_IsTheRenderedOne()
    {
        var rendered = AddonManifests.Tree().ToDictionary(file => file.Path, file => file.Text);
        var there = new[] { "bases", "components", "overlays" }
            .SelectMany(part => Directory.GetFiles(Path.Combine(Deploy, part), "*", SearchOption.AllDirectories))
            .ToDictionary(path => Path.GetRelativePath(Deploy, path).Replace('\\', '/'), File.ReadAllText);

        Assert.Equal(rendered.Keys.Order(), there.Keys.Order());
        Assert.All(rendered, file => Assert.Equal(file.Value, there[file.Key]));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task AnOverlay_IsWhatTheProgramRenders(AddonOverlay overlay)
    {
        var built = await KustomizeAsync(Path.Combine(Deploy, "overlays", AddonManifests.NameOf(overlay)));
        AssertSame(AddonManifests.Render(new AddonOptions { Overlay = overlay }), built);
    }

    [Theory]
    [InlineData(AddonOverlay.Generic, "quote-helper")]
    [InlineData(AddonOverlay.Aks, "quote-helper")]
    [InlineData(AddonOverlay.AksEngine, "quote-helper")]
    [InlineData(AddonOverlay.Dra, "quote-helper-dra")]
    public async Task TheQuoteHelper_CanBeAddedToAnOverlay(AddonOverlay overlay, string component)
    {
        using var own = new TemporaryDirectory();
        foreach (var file in AddonManifests.Tree())
        {
            var path = Path.Combine(own.Path, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, file.Text, TestContext.Current.CancellationToken);
        }

        var directory = Directory.CreateDirectory(Path.Combine(own.Path, "overlays", "mine")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(directory, "kustomization.yaml"),
            $"resources: [../{AddonManifests.NameOf(overlay)}]\ncomponents: [../../components/{component}]\n", TestContext.Current.CancellationToken);

        AssertSame(AddonManifests.Render(new AddonOptions { Overlay = overlay, WithQuoteHelper = true }), await KustomizeAsync(directory));
    }

    private static void AssertSame(string expected, string actual) => Assert.Equal(Objects(expected), Objects(actual));

    private static IEnumerable<string> Objects(string text) =>
        Documents.Of(text).Select(document => $"{Documents.Key(document)}: {Documents.Canonical(document)}").Order(StringComparer.Ordinal);

    private static async Task<string> KustomizeAsync(string directory)
    {
        var program = ChildProgram.Find("kubectl");
        Assert.SkipWhen(program is null, "kubectl is not on PATH");
        var run = await ChildProgram.RunAsync(program!, ["kustomize", directory]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output;
    }
}
