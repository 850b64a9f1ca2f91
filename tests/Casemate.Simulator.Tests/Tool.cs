using System.Diagnostics;
using Casemate.Testing;

namespace Casemate.Simulator.Tests;

/// <summary>Runs a program of the machine and collects what it says.</summary>
internal static class Tool
{
    /// <summary>What a program answered.</summary>
    public sealed record Answer(int ExitCode, string Output)
    {
        /// <summary>The last line that is not empty.</summary>
        public string LastLine => Output.TrimEnd().Split('\n')[^1];
    }

    /// <summary>The directory of the independent checks.</summary>
    public static string Independent { get; } = Path.Combine(RepositoryPaths.Root, "tests", "independent");

    /// <summary>Runs one of the Python programs in <c>tests/independent</c>.</summary>
    public static Answer Python(string script, params ReadOnlySpan<string> arguments) =>
        Run("python3", ["-B", Path.Combine(Independent, script), .. arguments]);

    /// <summary>Runs the <c>openssl</c> command.</summary>
    public static Answer OpenSsl(params ReadOnlySpan<string> arguments) => Run("openssl", [.. arguments]);

    /// <summary>The evidence directory's verdict of an independent check, at the tests' time.</summary>
    public static Answer Verify(string script, EvidenceDirectory evidence) =>
        Python(script, evidence.Path, "--at", TestPlatform.Noon.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));

    private static Answer Run(string program, string[] arguments)
    {
        var path = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator)
            .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"'{program}' is not installed (Debian: apt-get install {program})");

        var start = new ProcessStartInfo(path!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Answer(process.ExitCode, output + errors.Result);
    }
}
