using Casemate.Testing;

namespace Casemate.Measurement.Tests.Verity;

/// <summary>The command <c>veritysetup</c> of cryptsetup, wherever the system has it.</summary>
internal static class VeritySetup
{
    public static string? Path { get; } = new[] { "/usr/sbin/veritysetup", "/sbin/veritysetup", "/usr/bin/veritysetup" }.FirstOrDefault(File.Exists);

    /// <summary>Runs it; answers the root hash that it prints.</summary>
    public static async Task<string> FormatAsync(string data, string tree, params string[] options)
    {
        Assert.SkipWhen(Path is null, "veritysetup is not installed (Debian: cryptsetup-bin).");
        var run = await ChildProgram.RunAsync(Path!, ["format", data, tree, .. options]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output.Split('\n').Single(line => line.StartsWith("Root hash:", StringComparison.Ordinal)).Split(':')[1].Trim();
    }

    /// <summary>True when it accepts data and tree.</summary>
    public static async Task<bool> AcceptsAsync(string data, string tree, string root, params string[] options)
    {
        Assert.SkipWhen(Path is null, "veritysetup is not installed (Debian: cryptsetup-bin).");
        return (await ChildProgram.RunAsync(Path!, ["verify", data, tree, root, .. options])).ExitCode == 0;
    }
}
