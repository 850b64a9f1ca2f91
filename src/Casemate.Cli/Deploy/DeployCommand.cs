using Casemate.Cli.Commands;

namespace Casemate.Cli.Deploy;

/// <summary><c>casemate deploy</c>: workloads in a cluster that end in a verdict.</summary>
internal sealed class DeployCommand : CliCommand
{
    public DeployCommand()
        : base(
            "deploy", "Run a workload in a cluster, get its evidence and verify it.",
            new CommandExample("After casemate addon install", "casemate deploy hello")) =>
        Add(new HelloCommand());

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no workload given", "There is one: casemate deploy hello.");
}
