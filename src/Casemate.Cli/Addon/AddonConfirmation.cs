using System.CommandLine;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Addon;

/// <summary><c>--dry-run</c>, <c>--yes</c>, and the question between plan and work.</summary>
internal sealed class AddonConfirmation
{
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show the plan, judged by the server, and change nothing." };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask. Without a terminal this or --dry-run is needed." };

    /// <summary>Adds both to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_dryRun);
        command.Add(_yes);
    }

    /// <summary>Whether nothing is to be changed.</summary>
    public bool IsDryRun(CommandContext context) => context.Arguments.GetValue(_dryRun);

    /// <summary>Whether the answer was given on the command line.</summary>
    public bool IsAnswered(CommandContext context) => context.Arguments.GetValue(_yes);

    /// <summary>Refuses a command line that would have to ask where nobody can answer.</summary>
    /// <exception cref="CliException">There is no terminal and no --yes (exit code 2).</exception>
    public void Check(CommandContext context)
    {
        if (!IsDryRun(context) && !context.Arguments.GetValue(_yes) && !context.Invocation.InputIsTerminal)
        {
            throw CliException.Usage(
                "this changes a cluster, and there is no terminal to ask at",
                "Add --yes to go on without a question, or --dry-run to see the plan.");
        }
    }

    /// <summary>Asks, unless --yes was given.</summary>
    /// <returns>Whether to go on.</returns>
    public async Task<bool> AskAsync(CommandContext context, string question, CancellationToken cancellationToken)
    {
        if (IsAnswered(context))
        {
            return true;
        }

        await context.Console.Error.WriteAsync($"{question} [y/N] ");
        await context.Console.Error.FlushAsync(cancellationToken);
        using var reader = new StreamReader(context.Invocation.OpenStandardInput());
        var answer = (await reader.ReadLineAsync(cancellationToken))?.Trim();
        if (answer is "y" or "Y" or "yes")
        {
            return true;
        }

        context.Console.Note("nothing was changed");
        return false;
    }
}
