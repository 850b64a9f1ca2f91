namespace Casemate.KataPolicy;

/// <summary>Commands that may be run in any container, beyond those of probes and hooks.</summary>
public sealed record ExecProcessDefaults
{
    /// <summary>Commands, each an argument list; exact.</summary>
    public IReadOnlyList<IReadOnlyList<string>> AllowedCommands { get; init; } = [];

    /// <summary>Patterns of a command's arguments joined with spaces, matched whole. Weak: a space in an argument looks like two.</summary>
    public IReadOnlyList<string> Regex { get; init; } = [];
}
