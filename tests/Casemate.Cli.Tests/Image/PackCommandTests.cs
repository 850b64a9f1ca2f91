using Casemate.Cli.Image;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Image;

/// <summary>How <c>casemate image pack</c> talks.</summary>
public sealed class PackCommandTests
{
    [Fact]
    public void Page_NamesEveryOption()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "images.md"));

        Assert.All(new PackCommand().Options, option => Assert.Contains($"`{option.Name}", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Terminal_SeesHowFarItIs_AndNothingElseDoes()
    {
        Assert.SkipUnless(File.Exists("/bin/true"), "no /bin/true");
        using var directory = new TemporaryDirectory();

        var shown = CommandLine.RunWith(new Dictionary<string, string>(), [], true, "image", "pack", "--out",
            $"oci:{directory.File("a")}:1", "--", "/bin/true");
        var quiet = CommandLine.RunWith(new Dictionary<string, string>(), [], true, "image", "pack", "-q", "--out",
            $"oci:{directory.File("b")}:1", "--", "/bin/true");
        var plain = CommandLine.Run("image", "pack", "--out", $"oci:{directory.File("c")}:1", "--", "/bin/true");

        Assert.True(shown.ExitCode == ExitCode.Success, shown.Error);
        Assert.Contains("[########################]", shown.Error, StringComparison.Ordinal);
        Assert.Equal("", quiet.Error);
        Assert.Equal("", plain.Error);
        Assert.Equal(shown.Output.Split("sha256:")[1][..64], plain.Output.Split("sha256:")[1][..64]);
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("-1")]
    public void SourceDateEpoch_ThatIsNoTime_IsRefused(string epoch)
    {
        var run = CommandLine.RunWith(
            new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = epoch }, [], false, "image", "pack", "--dry-run", "--", "/bin/true");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("SOURCE_DATE_EPOCH", run.Error, StringComparison.Ordinal);
    }
}
