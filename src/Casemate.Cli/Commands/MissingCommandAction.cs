using System.CommandLine;
using System.CommandLine.Invocation;

namespace Casemate.Cli.Commands;

/// <summary><c>casemate</c> without a command: says what there is, and fails, so that a script with an empty variable notices.</summary>
internal sealed class MissingCommandAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var error = parseResult.InvocationConfiguration.Error;
        error.WriteLine("casemate: no command given");
        error.WriteLine("Commands:");
        foreach (var command in parseResult.CommandResult.Command.Subcommands.Where(c => !c.Hidden))
        {
            error.WriteLine($"  {command.Name,-12} {command.Description}");
        }

        error.WriteLine($"Run '{(parseResult.RootCommandResult.Command as RootCommand)?.HelpName ?? "casemate"} --help' for more.");
        return ExitCode.Usage;
    }
}
