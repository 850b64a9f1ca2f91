using Casemate.Cli.Commands;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral qcnl</c>: the configuration of Intel's client library.</summary>
internal sealed class QcnlCommand : CliCommand
{
    public QcnlCommand()
        : base(
            "qcnl", "Write or judge sgx_default_qcnl.conf, which tells Intel's library where collateral comes from.",
            new CommandExample(
                "For the nodes of a cluster", "casemate collateral qcnl write https://pccs.example:8081/sgx/certification/v4/"),
            new CommandExample("What is wrong with this node's", "casemate collateral qcnl lint"))
    {
        Add(new QcnlWriteCommand());
        Add(new QcnlLintCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no qcnl command given", "Run 'casemate collateral qcnl --help' for its commands and examples.");
}
