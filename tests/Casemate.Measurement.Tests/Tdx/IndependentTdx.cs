using Casemate.Testing;

namespace Casemate.Measurement.Tests.Tdx;

/// <summary>Runs <c>tests/independent/measure_tdx.py</c>, which shares nothing with the code under test.</summary>
internal static class IndependentTdx
{
    /// <summary>Runs it; a byte array among the arguments becomes the name of a file that holds it.</summary>
    public static async Task<string[]> RunAsync(params object[] arguments)
    {
        Assert.SkipWhen(!IsInstalled("python3"), "'python3' is not installed (Debian: apt-get install python3)");
        using var directory = new TemporaryDirectory();
        var words = arguments.Select((argument, i) =>
        {
            if (argument is not byte[] bytes)
            {
                return (string)argument;
            }

            var path = Path.Combine(directory.Path, $"{i}");
            File.WriteAllBytes(path, bytes);
            return path;
        }).ToList();
        var script = Path.Combine(RepositoryPaths.Root, "tests", "independent", "measure_tdx.py");
        var run = await ChildProgram.RunAsync("python3", ["-B", script, .. words]);
        Assert.Equal("", run.Error);
        return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Any(path => File.Exists(Path.Combine(path, program))) == true;
}
