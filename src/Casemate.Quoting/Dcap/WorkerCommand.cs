using System.Diagnostics;

namespace Casemate.Quoting.Dcap;

/// <summary>How a worker is started.</summary>
internal static class WorkerCommand
{
    /// <summary>What to start.</summary>
    /// <exception cref="QuoteProviderException">This program cannot tell what it is.</exception>
    public static ProcessStartInfo For(DcapProviderOptions options)
    {
        var (program, arguments) = options.Program is { } named
            ? (named, (IEnumerable<string>)options.ProgramArguments)
            : OfThisProgram(Environment.ProcessPath, Environment.GetCommandLineArgs());
        var start = new ProcessStartInfo(program, [.. arguments, DcapWorker.Argument])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment.Remove(DcapWorker.LoopVariable);
        return start;
    }

    /// <summary>Program and first arguments that start this program again.</summary>
    /// <param name="processPath">The file that runs: the program itself, or the framework's host.</param>
    /// <param name="commandLine">The command line; its first word is the program's own file, also under the framework's host.</param>
    internal static (string Program, IEnumerable<string> Arguments) OfThisProgram(string? processPath, string[] commandLine)
    {
        if (processPath is null)
        {
            throw new QuoteProviderException(
                AesmError.ServiceUnavailable, "this program does not know its own file, so it cannot start a worker",
                "Mount /proc into the quote helper, or name the worker's program.");
        }

        return Path.GetFileNameWithoutExtension(processPath) == "dotnet" && commandLine is [var assembly, ..]
            && assembly.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
            ? (processPath, [Path.GetFullPath(assembly)])
            : (processPath, []);
    }
}
