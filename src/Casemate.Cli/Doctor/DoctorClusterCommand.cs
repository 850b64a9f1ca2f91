using Casemate.Cli.Commands;

namespace Casemate.Cli.Doctor;

/// <summary><c>casemate doctor cluster</c>: what a cluster lacks, as its API server tells it.</summary>
internal sealed class DoctorClusterCommand : CliCommand
{
    private readonly DoctorClusterOptions _cluster = new();
    private readonly DoctorLimit _limit = new();

    public DoctorClusterCommand()
        : base(
            "cluster",
            "Look at a cluster: add-on, nodes, what the scheduler sees of EPC, webhook, quote helper, pods that wait, clocks. Changes nothing. "
                + "Exit code 0 nothing failed, 1 something did, 4 unreachable, 5 not permitted.",
            new CommandExample("The cluster of the current context", "casemate doctor cluster"),
            new CommandExample("Why a pod is Pending, or not attested", "casemate doctor cluster --pod shop/enclavehello"),
            new CommandExample("What is to be done, for programs", "casemate doctor cluster -o json | jq -r '.findings[].fix // empty'"))
    {
        _cluster.AddTo(this);
        _limit.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var limit = _limit.Read(context);
        var (report, exitCode) = await _cluster.ExamineAsync(context, _cluster.Cluster.Find(context), limit, cancellationToken);
        report.Write(context.Console);
        return exitCode ?? report.ExitCode;
    }
}
