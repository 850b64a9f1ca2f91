using System.CommandLine;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Primitives;

namespace Casemate.Cli.Node;

/// <summary><c>casemate node remove</c>: takes off a Node what the agent put there.</summary>
internal sealed class NodeRemoveCommand : CliCommand
{
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be removed; change nothing." };

    private readonly Option<bool> _admit = new("--admit-unattested")
    {
        Description = "Also remove the startup taint, which somebody else put there: the node is open to pods then, attested or not.",
    };

    public NodeRemoveCommand()
        : base(
            "remove",
            "Take off a Node what the node agent put there: labels, taints, conditions, amounts in the status. What others wrote stays, "
                + "and pods are not touched. The agent must not run on the node any more, or it writes everything again. Doing it twice "
                + "does no harm.",
            new CommandExample("What would be removed", "casemate node remove --node-name worker-1 --dry-run"),
            new CommandExample("Remove it", "casemate node remove --node-name worker-1"),
            new CommandExample("With a cluster of its own", "casemate node remove --node-name worker-1 --kubeconfig admin.conf"))
    {
        foreach (var setting in NodeSettings.Remove)
        {
            setting.AddTo(this);
        }

        Add(_dryRun);
        Add(_admit);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var settings = new NodeObjectSettings { NodeName = NodeArguments.ReadNodeName(context) };
        if (settings.Problems().FirstOrDefault() is { } problem)
        {
            throw CliException.Usage(
                problem.Replace(nameof(NodeObjectSettings.NodeName), NodeSettings.NodeName.Flag, StringComparison.Ordinal).TrimEnd('.'));
        }

        var dryRun = context.Arguments.GetValue(_dryRun);
        var admit = context.Arguments.GetValue(_admit);
        using var client = new KubeClient(
            NodeArguments.FindCluster(context),
            new KubeClientOptions { FieldManager = NodeService.FieldManager, Time = context.Invocation.Time });
        var reconciler = new NodeObjectReconciler(client, settings);
        try
        {
            var removal = dryRun
                ? await reconciler.FindRemovalAsync(admit, cancellationToken)
                : await reconciler.RemoveAsync(admit, cancellationToken);
            return removal is null
                ? throw CliException.BadInput(
                    $"there is no Node '{settings.NodeName}' in the cluster", "Name it with --node-name; 'kubectl get nodes' lists them.")
                : Write(context.Console, settings.NodeName, removal, dryRun);
        }
        catch (KubeException exception)
        {
            throw ClusterFailure.Of(exception, "It takes 'get' and 'patch' of nodes, and 'patch' of nodes/status.");
        }
        catch (KubeConfigurationException exception)
        {
            throw ClusterFailure.Of(exception);
        }
    }

    private static int Write(ConsoleOutput console, string node, NodeRemoval removal, bool dryRun)
    {
        (string Name, string Title, IReadOnlyList<string> Keys)[] kinds =
        [
            ("labels", "LABEL", [.. removal.Labels]), ("annotations", "ANNOTATION", [.. removal.Annotations]),
            ("taints", "TAINT", [.. removal.Taints]), ("conditions", "CONDITION", [.. removal.Conditions]),
            ("amounts", "AMOUNT", [.. removal.Amounts]),
        ];
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteString("node", node);
                json.WriteBoolean("dryRun", dryRun);
                foreach (var (name, _, keys) in kinds)
                {
                    json.WriteStartArray(name);
                    foreach (var key in keys)
                    {
                        json.WriteStringValue(key);
                    }

                    json.WriteEndArray();
                }
            });
            return ExitCode.Success;
        }

        if (removal.IsEmpty)
        {
            console.Out.WriteLine($"There is nothing of the agent on Node {node}.");
            return ExitCode.Success;
        }

        var table = new TextTable(dryRun ? "WOULD BE REMOVED" : "REMOVED", "NAME");
        foreach (var (_, title, keys) in kinds)
        {
            foreach (var key in keys)
            {
                table.Add(Tone.Plain, title.ToLowerInvariant(), key);
            }
        }

        table.Write(console);
        return ExitCode.Success;
    }
}
