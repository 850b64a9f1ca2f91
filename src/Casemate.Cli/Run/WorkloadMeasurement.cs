using System.Security.Cryptography;
using Casemate.Simulator;

namespace Casemate.Cli.Run;

/// <summary>Measures a command for the simulated TEE: its executable, its arguments, and the files that arguments name.</summary>
internal static class WorkloadMeasurement
{
    /// <summary>Reads and measures.</summary>
    /// <exception cref="CliException">A file cannot be read (exit code 3).</exception>
    public static CommandMeasurement Of(WorkloadCommand command) =>
        SimulatedMeasurement.OfCommand(Digest(command.Path), [.. command.Arguments.Select(Measure)]);

    private static MeasuredArgument Measure(string argument) =>
        new(argument, PosixCalls.IsRegularFile(argument) ? Digest(argument) : null);

    private static byte[] Digest(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return SHA384.HashData(stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"'{path}' cannot be read to be measured: {exception.Message}", cause: exception);
        }
    }
}
