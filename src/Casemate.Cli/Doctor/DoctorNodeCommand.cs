using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Doctor;

/// <summary><c>casemate doctor node</c>: what this machine lacks for enclaves and confidential guests.</summary>
internal sealed class DoctorNodeCommand : CliCommand
{
    private readonly DoctorNodeOptions _node = new();
    private readonly ClusterOptions _cluster = new();
    private readonly DoctorLimit _limit = new();

    public DoctorNodeCommand()
        : base(
            "node",
            "Look at this machine: processor, firmware, kernel, device nodes, kubelet, device plugin, quote helper, collateral, clock. Changes "
                + "nothing. Exit code 0 nothing failed, 1 something did, 5 nothing could be looked at.",
            new CommandExample("On a node, with everything that is well", "casemate doctor node -v"),
            new CommandExample("What fails, for programs", "casemate doctor node -o json | jq '.findings[] | select(.outcome == \"failed\")'"),
            new CommandExample("From a pod that has the host's file system", "casemate doctor node --sys-root /host"),
            new CommandExample("A machine that the program knows", "casemate doctor node --simulate broken-driver-off"))
    {
        _node.AddTo(this);
        _cluster.AddTo(this);
        _limit.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var report = await _node.ExamineAsync(context, _cluster, _limit.Read(context), cancellationToken);
        report.Write(context.Console);
        return report.ExitCode;
    }
}
