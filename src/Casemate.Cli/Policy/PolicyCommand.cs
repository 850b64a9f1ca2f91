using Casemate.Cli.Commands;

namespace Casemate.Cli.Policy;

/// <summary><c>casemate policy</c>: policies of the Kata agent, and what binds them to a guest.</summary>
internal sealed class PolicyCommand : CliCommand
{
    public PolicyCommand()
        : base(
            "policy", "What a confidential container may do: derive it from YAML and images, explain it, compare, try it.",
            new CommandExample("YAML with policies in it", "casemate policy generate -f app.yaml > app.policy.yaml"),
            new CommandExample("What evidence will carry", "casemate policy hash app.policy.yaml"))
    {
        Add(new PolicyGenerateCommand());
        Add(new PolicyHashCommand());
        Add(new PolicyDecodeCommand());
        Add(new PolicyBindCommand());
        Add(new PolicyExplainCommand());
        Add(new PolicyDiffCommand());
        Add(new PolicyTestCommand());
        Add(new PolicyRequestsCommand());
        Add(new PolicyCheckCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no policy command given", "Run 'casemate policy --help' for its commands and examples.");
}
