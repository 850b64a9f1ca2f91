using Casemate.Cli.Output;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Output;

/// <summary>What users are told of a file that cannot be written.</summary>
public sealed class OutputFileTests
{
    [Fact]
    public void AFileOfTheKernel_IsRefusedInOurWords()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc.");

        var refused = Assert.Throws<CliException>(() => OutputFile.Write("--output", "/proc/x", "x"u8, OutputFile.Readable));

        Assert.Equal(ExitCode.BadInput, refused.ExitCode);
        Assert.Contains(
            refused.Message,
            (string[])["--output: '/proc/x' cannot be written: no file can be made in '/proc'", "--output: '/proc/x' cannot be written: no permission"]);
        Assert.Contains("with --output", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void ANameThatIsTooLong_IsRefusedInOurWords()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File(new string('x', 300));

        var refused = Assert.Throws<CliException>(() => OutputFile.Write("--output", path, "x"u8, OutputFile.Readable));

        Assert.Equal($"--output: '{path}' cannot be written: its name is too long", refused.Message);
        Assert.Empty(Directory.GetFiles(directory.Path));
    }
}
