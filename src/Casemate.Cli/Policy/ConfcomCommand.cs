using Casemate.Cli.Commands;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate confcom</c>: commands under the names that users of <c>az confcom</c> know.</summary>
internal sealed class ConfcomCommand : CliCommand
{
    public ConfcomCommand()
        : base(
            "confcom", "Commands under the names of 'az confcom', for scripts that have them.",
            new CommandExample("What it does, under Casemate's own name", "casemate policy generate --help")) =>
        Add(new KataPolicyGenCommand());

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no confcom command given", "Run 'casemate confcom katapolicygen --help'.");
}
