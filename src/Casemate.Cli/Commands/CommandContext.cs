using System.CommandLine;
using Casemate.Cli.Output;
using Casemate.Cli.Serve;

namespace Casemate.Cli.Commands;

/// <summary>What a running command works with.</summary>
/// <param name="Arguments">The parsed command line.</param>
/// <param name="Invocation">The surroundings.</param>
/// <param name="Console">Where results, notes and errors go.</param>
internal sealed record CommandContext(ParseResult Arguments, CasemateInvocation Invocation, ConsoleOutput Console)
{
    /// <summary>The settings' file of a service; null when none is named, and for commands that take none.</summary>
    public SettingsFile? File { get; init; }

    /// <summary>The instant now.</summary>
    public DateTimeOffset Now => Invocation.Time.GetUtcNow();
}
