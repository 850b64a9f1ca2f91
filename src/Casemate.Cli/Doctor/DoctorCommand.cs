using Casemate.Cli.Commands;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary><c>casemate doctor</c>: explains every missing prerequisite, of the node or of the cluster, whichever this is.</summary>
internal sealed class DoctorCommand : CliCommand
{
    private readonly DoctorNodeOptions _node = new();
    private readonly DoctorClusterOptions _cluster = new();
    private readonly DoctorLimit _limit = new();

    public DoctorCommand()
        : base(
            "doctor",
            "Find out what is missing, and what to do about it: on a node of a cluster it looks at the node, elsewhere at the cluster. Changes "
                + "nothing. Exit code 0 nothing failed, 1 something did, 4 cluster unreachable, 5 not permitted.",
            new CommandExample("Here, whatever this is", "casemate doctor"),
            new CommandExample("Why a pod is Pending, or not attested", "casemate doctor --pod shop/enclavehello"),
            new CommandExample("This machine, with everything that is well", "casemate doctor node -v"),
            new CommandExample("The cluster, for programs", "casemate doctor cluster -o json"))
    {
        Add(new DoctorNodeCommand());
        Add(new DoctorClusterCommand());
        _cluster.AddTo(this);
        _node.AddTo(this);
        _limit.AddTo(this);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var limit = _limit.Read(context);
        var (isCluster, configuration, why) = Choose(context);
        if (isCluster)
        {
            var (report, exitCode) = await _cluster.ExamineAsync(context, configuration!, limit, cancellationToken);
            if (exitCode is not ExitCode.Unreachable || _cluster.AreGiven(context))
            {
                context.Console.Note($"{why}: this is about the cluster; 'casemate doctor node' looks at this machine");
                report.Write(context.Console);
                return exitCode ?? report.ExitCode;
            }

            why = $"the cluster {configuration!.Server.Authority} cannot be reached";
        }

        context.Console.Note($"{why}: this is about this machine; 'casemate doctor cluster' looks at a cluster");
        var node = await _node.ExamineAsync(context, _cluster.Cluster, limit, cancellationToken);
        node.Write(context.Console);
        return node.ExitCode;
    }

    private (bool IsCluster, KubeConfiguration? Configuration, string Why) Choose(CommandContext context)
    {
        if (_cluster.AreGiven(context))
        {
            return _node.AreGiven(context)
                ? throw CliException.Usage(
                    "a cluster or a pod is named, and a machine or a part of one as well", "Say which: casemate doctor node, or casemate doctor cluster.")
                : (true, _cluster.Cluster.Find(context), "a cluster or a pod is named");
        }

        if (_node.AreGiven(context))
        {
            return (false, null, "a machine or a part of one is named");
        }

        if (DoctorNodeOptions.IsOnNode(context))
        {
            return (false, null, "this machine has a kubelet's directory");
        }

        try
        {
            var found = _cluster.Cluster.Find(context);
            return (true, found, $"{found.Origin} leads to a cluster");
        }
        catch (CliException)
        {
            return (false, null, "no cluster is known here");
        }
    }
}
