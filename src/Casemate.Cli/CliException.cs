namespace Casemate.Cli;

/// <summary>Ends a command with one clear message. Thrown by commands, rendered in one place, never shown as a trace.</summary>
/// <param name="exitCode">One of <see cref="Casemate.Cli.ExitCode"/>.</param>
/// <param name="message">What is wrong and where: one sentence, no full stop needed, no secret.</param>
/// <param name="remedy">What to do about it; null when the message says it all.</param>
/// <param name="cause">What happened underneath; shown only with <c>CASEMATE_DEBUG=1</c>.</param>
internal sealed class CliException(int exitCode, string message, string? remedy = null, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The exit code that the program ends with.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What the reader should do; null when there is nothing to add.</summary>
    public string? Remedy { get; } = remedy;

    /// <summary>What was looked at, one line each, shown between the message and the remedy. Default: nothing.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>The command line asks for something that makes no sense (exit code 2).</summary>
    public static CliException Usage(string message, string? remedy = null) => new(Cli.ExitCode.Usage, message, remedy);

    /// <summary>An input cannot be read or is malformed (exit code 3).</summary>
    public static CliException BadInput(string message, string? remedy = null, Exception? cause = null) =>
        new(Cli.ExitCode.BadInput, message, remedy, cause);
}
