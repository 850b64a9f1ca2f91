using System.CommandLine;

namespace Casemate.Cli.Commands;

/// <summary>
/// <c>casemate __complete -- WORD…</c>: what can stand for the last word, one offer a line. Called by the scripts of
/// <see cref="CompletionCommand"/>; prints nothing where a file name or a free value is wanted, so that the shell offers files.
/// </summary>
internal sealed class CompleteCommand : CliCommand
{
    private readonly Argument<string[]> _words = new("WORDS") { Arity = ArgumentArity.ZeroOrMore };

    private readonly Option<bool> _directive = new("--directive")
    {
        Description = "End with a line that tells kubectl whether files may be offered as well.",
    };

    public CompleteCommand()
        : base("__complete", "What can stand for the last word.")
    {
        Hidden = true;
        Add(_words);
        Add(_directive);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var words = context.Arguments.GetValue(_words) ?? [];
        var current = words.Length > 0 ? words[^1] : "";
        var offers = Offers(words, current).ToList();
        foreach (var offer in offers)
        {
            context.Console.Out.WriteLine(offer);
        }

        if (context.Arguments.GetValue(_directive))
        {
            // As in cobra, with which kubectl completes: 4 for no files, 0 for what the shell does by itself.
            context.Console.Out.WriteLine(offers.Count > 0 ? ":4" : ":0");
        }

        return Task.FromResult(ExitCode.Success);
    }

    private static IEnumerable<string> Offers(string[] words, string current)
    {
        // Behind '--' stands somebody else's command line.
        if (words.SkipLast(1).Contains("--"))
        {
            return [];
        }

        // Parsed without the unfinished word, which the parser would take for a wrong command or an argument.
        var before = CasemateProgram.Parse(CasemateProgram.CreateRootCommand(), [.. words.SkipLast(1)]);
        var previous = words.Length > 1 ? words[^2] : "";
        var command = before.CommandResult.Command;
        var options = OptionsOf(command).ToList();
        if (previous.StartsWith('-') && options.Find(o => Names(o).Contains(previous)) is { Arity.MaximumNumberOfValues: > 0 } valued)
        {
            return Matching(valued.GetCompletions(before.GetCompletionContext()).Select(item => item.Label), current);
        }

        if (current.StartsWith('-'))
        {
            return Matching(options.SelectMany(o => current.StartsWith("--", StringComparison.Ordinal) ? [o.Name] : Names(o)), current);
        }

        return Matching(
            command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)
                .Concat(command.Arguments.SelectMany(a => a.GetCompletions(before.GetCompletionContext())).Select(item => item.Label)),
            current);
    }

    private static IEnumerable<Option> OptionsOf(Command command)
    {
        for (var level = command; level is not null; level = level.Parents.OfType<Command>().FirstOrDefault())
        {
            foreach (var option in level.Options.Where(o => !o.Hidden && (o.Recursive || level == command)))
            {
                yield return option;
            }
        }
    }

    private static IEnumerable<string> Names(Option option) => option.Aliases.Prepend(option.Name);

    private static IEnumerable<string> Matching(IEnumerable<string> offers, string start) =>
        offers.Where(offer => offer.StartsWith(start, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal);
}
