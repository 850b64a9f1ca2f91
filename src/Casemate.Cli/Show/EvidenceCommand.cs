using Casemate.Cli.Commands;

namespace Casemate.Cli.Show;

/// <summary><c>casemate evidence</c>: looking at evidence without judging it.</summary>
internal sealed class EvidenceCommand : CliCommand
{
    public EvidenceCommand()
        : base(
            "evidence", "Look at evidence without judging it.",
            new CommandExample("Every field of a quote or report", "casemate evidence show quote.bin"))
    {
        Add(new EvidenceShowCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no evidence command given", "Run 'casemate evidence --help' for its commands and examples.");
}
