namespace Casemate.Cli.Quotes;

/// <summary>A step failed, and the ones after it make no sense.</summary>
internal sealed class CheckFailedException(string step, int exitCode, string message, string remedy) : Exception(message)
{
    /// <summary>What was tried.</summary>
    public string Step { get; } = step;

    /// <summary>The exit code of the command.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;
}
