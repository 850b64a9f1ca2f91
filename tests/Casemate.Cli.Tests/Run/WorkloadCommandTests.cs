using System.Runtime.Versioning;
using Casemate.Cli.Run;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Run;

[UnsupportedOSPlatform("windows")]
public sealed class WorkloadCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Finds_TheFirstExecutableInPath()
    {
        var first = Directory.CreateDirectory(_directory.File("1")).FullName;
        var second = Directory.CreateDirectory(_directory.File("2")).FullName;
        Make(Path.Combine(first, "app"), executable: false);
        Make(Path.Combine(second, "app"), executable: true);

        var found = WorkloadCommand.Find(["app", "-x", "y"], Path_(first, second));

        Assert.Equal(Path.Combine(second, "app"), found.Path);
        Assert.Equal(["-x", "y"], found.Arguments);
    }

    [Fact]
    public void Takes_ANameWithASlashAsAPath()
    {
        var app = Make(_directory.File("app"), executable: true);

        Assert.Equal(app, WorkloadCommand.Find([app], Path_()).Path);
    }

    [Fact]
    public void Keeps_TheNameOfASymbolicLink()
    {
        var app = Make(_directory.File("app"), executable: true);
        var link = File.CreateSymbolicLink(_directory.File("other-name"), app).FullName;

        Assert.Equal(link, WorkloadCommand.Find([link], Path_()).Path);
    }

    [Theory]
    [InlineData("#!/no/such/interpreter\n")]
    [InlineData("#! /no/such/interpreter -x\n")]
    public void Says_WhenAScriptsInterpreterIsMissing(string text)
    {
        var app = Make(_directory.File("app"), executable: true);
        File.WriteAllText(app, text);

        var error = Assert.Throws<CliException>(() => WorkloadCommand.Find([app], Path_()));

        Assert.Equal(ExitCode.BadInput, error.ExitCode);
        Assert.Contains("'/no/such/interpreter', which does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_WhenNothingInPathHasThatName()
    {
        var error = Assert.Throws<CliException>(() => WorkloadCommand.Find(["LICENSE-that-is-not-there"], Path_()));

        Assert.Equal(ExitCode.BadInput, error.ExitCode);
    }

    [Fact]
    public void Says_WhenWhatPathHoldsIsNotExecutable()
    {
        Make(_directory.File("app"), executable: false);

        var error = Assert.Throws<CliException>(() => WorkloadCommand.Find(["app"], Path_(_directory.Path)));

        Assert.Contains("not executable", error.Message, StringComparison.Ordinal);
        Assert.Contains("chmod +x", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Measures_ExecutableArgumentsAndTheFilesTheyName()
    {
        var app = Make(_directory.File("app"), executable: true);
        var data = Make(_directory.File("data"), executable: false);
        var before = WorkloadMeasurement.Of(new WorkloadCommand(app, [data]));

        File.AppendAllText(data, "x");
        var otherData = WorkloadMeasurement.Of(new WorkloadCommand(app, [data]));
        File.AppendAllText(app, "x");
        var otherApp = WorkloadMeasurement.Of(new WorkloadCommand(app, [data]));
        var otherArgument = WorkloadMeasurement.Of(new WorkloadCommand(app, [data, "--verbose"]));

        CommandMeasurement[] all = [before, otherData, otherApp, otherArgument];
        Assert.Equal(4, all.Select(m => Convert.ToHexString(m.Measurement)).Distinct().Count());
        Assert.Equal(4, all.Select(m => Convert.ToHexString(m.MrEnclave)).Distinct().Count());
    }

    [Fact]
    public void Measures_NeitherDirectoriesNorDevices()
    {
        var app = Make(_directory.File("app"), executable: true);

        // Reading either would fail or never end.
        Assert.NotNull(WorkloadMeasurement.Of(new WorkloadCommand(app, ["/dev/zero", "/", _directory.File("missing")])));
    }

    private static Func<string, string?> Path_(params string[] directories) =>
        name => name == "PATH" ? string.Join(':', directories) : null;

    private static string Make(string path, bool executable)
    {
        File.WriteAllText(path, "#!/bin/sh\n");
        const UnixFileMode plain = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(path, executable ? plain | UnixFileMode.UserExecute : plain);
        return path;
    }
}
