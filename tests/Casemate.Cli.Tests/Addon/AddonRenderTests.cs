using Casemate.Testing;

namespace Casemate.Cli.Tests.Addon;

/// <summary><c>casemate addon render</c>.</summary>
public sealed class AddonRenderTests
{
    [Fact]
    public void Prints_ManifestsOfTheKindOfClusterThatIsNamed()
    {
        var generic = Run("--image", "registry.example/casemate:1");
        var dra = Run("--overlay", "dra");
        var simulated = Run("--overlay", "simulated", "--simulate", "dc48s_v3");

        Assert.Equal(ExitCode.Success, generic.ExitCode);
        Assert.Contains("image: registry.example/casemate:1\n", generic.Output);
        Assert.Contains("kind: DeviceClass\n", dra.Output);
        Assert.Contains("- dc48s_v3\n", simulated.Output);
    }

    [Theory]
    [InlineData("--overlay 'gke' is not one", "--overlay", "gke")]
    [InlineData("the image is not a reference", "--image", "a b")]
    [InlineData("--simulate is for described machines only", "--simulate", "dc2s_v3", "--overlay", "generic")]
    [InlineData("no quote helper is asked for", "--quote-helper-image", "registry.example/helper:1")]
    [InlineData("goes with no other option", "--tree", "deploy", "--overlay", "aks")]
    public void Refuses_OptionsThatDoNotGoTogether(string wanted, params string[] arguments)
    {
        var run = Run(arguments);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(wanted, run.Error);
    }

    [Fact]
    public void Prints_AListThatKubectlTakes_AsJson()
    {
        using var json = System.Text.Json.JsonDocument.Parse(Run("-o", "json").Output);
        Assert.Equal("List", json.RootElement.GetProperty("kind").GetString());
        Assert.Contains(
            json.RootElement.GetProperty("items").EnumerateArray(), one => one.GetProperty("kind").GetString() == "DaemonSet");
    }

    [Fact]
    public void Refuses_MachinesThatNobodyDescribed() =>
        Assert.NotEqual(ExitCode.Success, Run("--overlay", "simulated", "--simulate", "no-such").ExitCode);

    [Fact]
    public void Writes_TheTree()
    {
        using var directory = new TemporaryDirectory();
        Assert.Equal(ExitCode.Success, Run("--tree", directory.Path).ExitCode);
        Assert.True(File.Exists(Path.Combine(directory.Path, "overlays", "generic", "kustomization.yaml")));
        Assert.True(File.Exists(Path.Combine(directory.Path, "bases", "node", "20-admission-policy.yaml")));
    }

    private static CommandLine Run(params string[] arguments) => CommandLine.Run(["addon", "render", .. arguments]);
}
