using Casemate.Cli.Commands;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego</c>: the Rego engine on the command line.</summary>
internal sealed class RegoCommand : CliCommand
{
    public RegoCommand()
        : base(
            "rego", "Evaluate, check, format and test policies in Rego.",
            new CommandExample("The commands there are", "casemate rego --help"))
    {
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no rego command given", "Run 'casemate rego --help' for its commands and examples.");
}
