using System.CommandLine;
using System.CommandLine.Parsing;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives.Text;

namespace Casemate.Cli;

/// <summary>Says what is wrong with a command line, and what was probably meant.</summary>
internal static class UsageErrorText
{
    /// <summary>Writes the first error; the others usually follow from it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="unknown">The word that is not understood; null when something else is wrong.</param>
    /// <param name="invocation">The surroundings.</param>
    /// <returns><see cref="ExitCode.Usage"/>.</returns>
    public static int Write(ParseResult parsed, string? unknown, CasemateInvocation invocation)
    {
        var console = ConsoleOutput.CreateWithoutArguments(invocation);
        var command = parsed.CommandResult.Command;
        var message = unknown is null ? WithoutTypes(parsed.Errors[0].Message) : Unknown(command, unknown);
        console.Error.WriteLine($"{console.PaintError(Tone.Bad, "casemate:")} {ErrorText.OneLine(message).TrimEnd('.')}");

        if (unknown is ['-', ..] && command is CliCommand { UnknownOptionHint: { } hint })
        {
            console.Error.WriteLine($"  {hint}");
        }
        else if (unknown is not null && NearestName.Find(unknown, NamesIn(command)) is { } meant)
        {
            console.Error.WriteLine($"  Did you mean '{meant}'?");
        }

        console.Error.WriteLine($"  Run '{PathOf(parsed.CommandResult)} --help' for its arguments and examples.");
        return ExitCode.Usage;
    }

    private static string Unknown(Command command, string token) => token.StartsWith('-')
        ? $"unknown option '{token}'"
        : command.Subcommands.Count > 0 ? $"unknown command '{token}'" : $"unexpected argument '{token}'";

    // The parser ends its message with the name of a type of .NET, which nobody who types a command knows.
    private static string WithoutTypes(string message)
    {
        const string Marker = " as expected type '";
        var type = message.IndexOf(Marker, StringComparison.Ordinal);
        return type < 0 ? message : message[..type] + (message.AsSpan(type).Contains("Int", StringComparison.Ordinal)
            ? ": it is not a whole number, or too large"
            : ": it is not of the kind that is wanted");
    }

    private static IEnumerable<string> NamesIn(Command command)
    {
        foreach (var subcommand in command.Subcommands.Where(c => !c.Hidden))
        {
            yield return subcommand.Name;
        }

        for (var level = command; level is not null; level = level.Parents.OfType<Command>().FirstOrDefault())
        {
            foreach (var option in level.Options.Where(o => !o.Hidden && (o.Recursive || level == command)))
            {
                yield return option.Name;
            }
        }
    }

    private static string PathOf(CommandResult result)
    {
        var names = new Stack<string>();
        for (SymbolResult? level = result; level is CommandResult { Command: var command }; level = level.Parent)
        {
            names.Push(command is RootCommand root ? root.HelpName ?? "casemate" : command.Name);
        }

        return string.Join(' ', names);
    }
}
