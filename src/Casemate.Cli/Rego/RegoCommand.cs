using Casemate.Cli.Commands;

namespace Casemate.Cli.Rego;

/// <summary><c>casemate rego</c>: the Rego engine on the command line.</summary>
internal sealed class RegoCommand : CliCommand
{
    public RegoCommand()
        : base(
            "rego", "Evaluate, check, test, lay out and time policies in Rego.",
            new CommandExample("What a policy decides", "casemate rego eval data.shop.allow -d policy.rego -i request.json"),
            new CommandExample("Why it says no", "casemate rego eval data.shop.allow -d policy.rego -i request.json --explain"),
            new CommandExample("Whether it compiles", "casemate rego check policies/"),
            new CommandExample("Run its tests", "casemate rego test policies/ --coverage"))
    {
        Add(new RegoEvalCommand());
        Add(new RegoCheckCommand());
        Add(new RegoTestCommand());
        Add(new RegoFmtCommand());
        Add(new RegoBenchCommand());
        Add(new RegoConformanceCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no rego command given", "Run 'casemate rego --help' for its commands and examples.");
}
