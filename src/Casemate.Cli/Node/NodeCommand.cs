using Casemate.Cli.Commands;

namespace Casemate.Cli.Node;

/// <summary><c>casemate node</c>: the trusted hardware of a node.</summary>
internal sealed class NodeCommand : CliCommand
{
    public NodeCommand()
        : base(
            "node", "The trusted hardware of a node, and how Kubernetes is offered it.",
            new CommandExample("What this machine has, and what would be offered of it", "casemate node describe"))
    {
        Add(new NodeDescribeCommand());
        Add(new NodeMachinesCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no node command given", "Run 'casemate node --help' for its commands and examples.");
}
