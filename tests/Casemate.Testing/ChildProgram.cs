using System.Diagnostics;
using System.Text;

namespace Casemate.Testing;

/// <summary>How a child process ended, and what it wrote.</summary>
public sealed record ChildProgram(int ExitCode, string Output, string Error)
{
    /// <summary>The program as the solution's build leaves it.</summary>
    public static string CasemateDll => Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "Casemate.Cli", "release", "casemate.dll");

    /// <summary>
    /// The published program that <c>CASEMATE_TEST_PROGRAM</c> names, by its absolute path; a relative one is in the checkout. Null when there
    /// is none.
    /// </summary>
    public static string? Published => Environment.GetEnvironmentVariable("CASEMATE_TEST_PROGRAM") is { Length: > 0 } path
        ? Path.GetFullPath(path, RepositoryPaths.Root)
        : null;

    /// <summary>
    /// What to start for <c>casemate</c>: the built program, or the published one (the build machine runs some tests once more against it).
    /// </summary>
    public static (string Program, string[] Arguments) Casemate => Published is { } path ? (path, []) : ("dotnet", [CasemateDll]);

    /// <summary>Where a program is that <c>PATH</c> leads to; null when there is none.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs <see cref="Casemate"/>.</summary>
    public static Task<ChildProgram> RunCasemateAsync(
        params string[] arguments) => RunAsync(Casemate.Program, [.. Casemate.Arguments, .. arguments]);

    /// <summary>Runs a program to its end; one that takes longer than two minutes is killed and fails the test.</summary>
    public static async Task<ChildProgram> RunAsync(
        string program, IEnumerable<string> arguments, byte[]? input = null, IReadOnlyDictionary<string, string?>? environment = null,
        string? directory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = directory ?? RepositoryPaths.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await WriteInputAsync(process, input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new ChildProgram(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within two minutes.");
        }
    }

    private static async Task WriteInputAsync(Process process, byte[]? input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input ?? [], cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException) when (process.HasExited)
        {
            // A program may end without reading its input; what it said about that is in its result.
        }
    }
}
