using System.CommandLine;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Cli.Node;
using Casemate.Cli.Quotes;
using Casemate.Cli.Verify;
using Casemate.Kubernetes;
using Casemate.Node.Discovery;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Simulated;

namespace Casemate.Cli.Doctor;

/// <summary>Which machine is looked at, and where its parts are.</summary>
internal sealed class DoctorNodeOptions
{
    private readonly Option<string?> _socket = new("--socket")
    {
        Description = $"The AESM socket. Default: {AesmServer.DefaultPath}.",
        HelpName = "PATH",
    };

    private readonly Option<string?> _collateral = new("--collateral")
    {
        Description = "Directory that collateral is kept in. Default: CASEMATE_COLLATERAL_DIR, else collateral in the state directory.",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _root = new("--root")
    {
        Description = "Roots that collateral must be under: 'production', or a file of root certificates. Repeatable. Default: production.",
        HelpName = "production|FILE",
    };

    private readonly Option<string?> _directory = new("--dir")
    {
        Description = "State directory of the simulated platform, in case it is behind the socket. Default: CASEMATE_STATE_DIR, else the user's.",
        HelpName = "DIR",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        NodeSettings.Simulate.AddTo(command);
        NodeSettings.SysRoot.AddTo(command);
        NodeSettings.KubeletRoot.AddTo(command);
        command.Add(_socket);
        command.Add(_collateral);
        command.Add(_root);
        command.Add(_directory);
    }

    /// <summary>Whether any of them names a machine or a part of one.</summary>
    public bool AreGiven(CommandContext context) =>
        NodeSettings.Simulate.Given(context) is not null || NodeSettings.SysRoot.Given(context) is not null
        || NodeSettings.KubeletRoot.Given(context) is not null || context.Arguments.GetValue(_socket) is not null
        || context.Arguments.GetValue(_collateral) is not null;

    /// <summary>Whether this machine is one on which a kubelet keeps its files.</summary>
    public static bool IsOnNode(CommandContext context) => Directory.Exists(NodeSettings.KubeletRoot.Text(context)!);

    /// <summary>Asks everything about the machine.</summary>
    /// <param name="context">The running command.</param>
    /// <param name="cluster">Where a cluster is named whose clock can be asked.</param>
    /// <param name="limit">How long one question may take.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="CliException">An option names what is not there.</exception>
    public async Task<DoctorReport> ExamineAsync(
        CommandContext context, ClusterOptions cluster, TimeSpan limit, CancellationToken cancellationToken)
    {
        var (title, sources) = NodeArguments.ReadSources(context);
        var root = NodeSettings.SysRoot.Given(context);
        var kubelet = NodeSettings.KubeletRoot.Given(context) is { } given ? Path.GetFullPath(given)
            : root is not null ? Path.GetFullPath(NodeRoots.Under(root).Kubelet)
            : NodeRoots.Default.Kubelet;
        var socket = Path.GetFullPath(context.Arguments.GetValue(_socket)
            ?? (root is null ? AesmServer.DefaultPath : Path.GetFullPath(root) + AesmServer.DefaultPath));
        if (context.Arguments.GetValue(_collateral) is { } named && !Directory.Exists(named))
        {
            throw CliException.BadInput($"--collateral: there is no directory '{named}'", "Fetch collateral first with casemate collateral fetch.");
        }

        var isDescribed = NodeSettings.Simulate.Given(context) is not null;
        var node = new ExaminedNode(sources)
        {
            IsDescribed = isDescribed,
            NamesKubelet = NodeSettings.KubeletRoot.Given(context) is not null,
            NamesSocket = context.Arguments.GetValue(_socket) is not null,
            KubeletDirectory = kubelet,
            AesmSocket = socket,
            CollateralDirectory = isDescribed && context.Arguments.GetValue(_collateral) is null ? null : CollateralOf(context),
            Roots = RootOptions.Read(context.Arguments.GetValue(_root) ?? []),
            Simulator = await SimulatedNode.FindAsync(context.Arguments.GetValue(_directory), context, cancellationToken),
            Cluster = isDescribed && !DoctorClusterOptions.IsNamed(context) ? null : ClusterOf(context, cluster),
            Limit = limit,
            Time = context.Invocation.Time,
        };
        var findings = await new DoctorRun(limit, context.Invocation.Time).AskAsync(node.Possible, cancellationToken);
        return new DoctorReport("node", title.Length > 0 ? title : sources.Machine, DoctorQuestions.Complete(
            DoctorQuestions.OfNode, findings, node.WhyNot));
    }

    private string? CollateralOf(CommandContext context)
    {
        if ((context.Arguments.GetValue(_collateral) ?? context.Invocation.Environment("CASEMATE_COLLATERAL_DIR")) is { Length: > 0 } named)
        {
            return Path.GetFullPath(named);
        }

        try
        {
            return Path.Combine(SimulatedInstallation.DefaultDirectory(context.Invocation.Environment), "collateral");
        }
        catch (SimulatedInstallationException)
        {
            return null;                                                   // no home, so nothing can be kept in it
        }
    }

    private static KubeConfiguration? ClusterOf(CommandContext context, ClusterOptions cluster)
    {
        try
        {
            return cluster.Find(context);
        }
        catch (CliException) when (!DoctorClusterOptions.IsNamed(context))
        {
            return null;                                                   // a node need not know its cluster
        }
    }
}
