using System.CommandLine;
using Casemate.Addon;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Primitives;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon uninstall</c>.</summary>
internal sealed class AddonUninstallCommand : CliCommand
{
    private static readonly TimeSpan s_afterwards = TimeSpan.FromSeconds(30);

    private readonly ClusterOptions _cluster = new();
    private readonly AddonConfirmation _confirmation = new();
    private readonly AddonTimeout _timeout = new("How long to wait, all in all, until everything is gone.", 180);

    private readonly Option<bool> _includeApplied = new("--include-applied")
    {
        Description = "Also remove objects of the add-on that something else made, such as 'casemate addon render | kubectl apply -f -'.",
    };

    public AddonUninstallCommand()
        : base(
            "uninstall",
            "Remove the add-on and nothing else: the webhook first, then what runs, its rights and namespaces, and what its agent wrote on "
                + "Nodes. Works after an installation that stopped half-way, and may be done again. Exit code 0 nothing is left, 1 not "
                + "confirmed, 4 the cluster does not answer, 5 not permitted, 6 something is left: the same command goes on.",
            new CommandExample("What would be removed", "casemate addon uninstall --dry-run"),
            new CommandExample("Remove it", "casemate addon uninstall"),
            new CommandExample("In a script", "casemate addon uninstall --yes --timeout 300"))
    {
        _cluster.AddTo(this);
        _confirmation.AddTo(this);
        Add(_includeApplied);
        Add(_timeout.Option);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        _confirmation.Check(context);
        var options = new AddonUninstallOptions
        {
            DryRun = true,
            IncludeApplied = context.Arguments.GetValue(_includeApplied),
            Limit = _timeout.Read(context),
        };
        using var client = _cluster.Open(context, AddonInstaller.FieldManager, options.Limit);
        using var asAgent = _cluster.Open(context, NodeMarks.FieldManager, options.Limit);
        var uninstaller = new AddonUninstaller(client, asAgent);
        return await AddonFailure.GuardAsync(async () =>
        {
            var plan = await uninstaller.RunAsync(options, cancellationToken: cancellationToken);
            if (_confirmation.IsDryRun(context) || plan.IsEmpty)
            {
                return Write(context.Console, plan, isDry: true);
            }

            if (context.Console.Format is OutputFormat.Table && !_confirmation.IsAnswered(context))
            {
                WritePlan(context.Console, plan);
            }

            if (!await _confirmation.AskAsync(context, "Remove this from the cluster?", cancellationToken))
            {
                return ExitCode.Refused;
            }

            // What is waited for has the limit; what is only asked for afterwards is still asked for.
            client.EndWithin(options.Limit + s_afterwards);
            asAgent.EndWithin(options.Limit + s_afterwards);
            var done = await RemoveAsync(uninstaller, options with { DryRun = false }, context.Console, cancellationToken);
            return Write(context.Console, done, isDry: false);
        });
    }

    private static async Task<AddonUninstallation> RemoveAsync(
        AddonUninstaller uninstaller, AddonUninstallOptions options, ConsoleOutput console, CancellationToken cancellationToken)
    {
        var told = 0;
        try
        {
            return await uninstaller.RunAsync(
                options, line =>
                {
                    told++;
                    console.Note(line);
                },
                cancellationToken);
        }
        catch (KubeException exception) when (told > 0)
        {
            throw new CliException(
                ExitCode.Partial, $"stopped half-way: {exception.Message.TrimEnd('.')}", "The same command goes on from there.", exception);
        }
        catch (OperationCanceledException) when (told > 0)
        {
            console.Note("stopped half-way, after what is told above. The same command goes on from there.");
            throw;
        }
    }

    private static int Write(ConsoleOutput console, AddonUninstallation done, bool isDry)
    {
        if (console.Format is not OutputFormat.Table)
        {
            WriteDocument(console, done, isDry);
        }
        else if (done.IsEmpty)
        {
            console.Out.WriteLine("There is nothing of the add-on in this cluster.");
        }
        else if (isDry)
        {
            WritePlan(console, done);
        }
        else if (!done.IsUnfinished)
        {
            WriteEnd(console, done);
        }

        if (isDry || !done.IsUnfinished)
        {
            return ExitCode.Success;
        }

        throw new CliException(
            ExitCode.Partial, "something is left",
            done.NotMade.Count > 0 ? "What something else made goes with --include-applied." : "The same command goes on from there.")
        {
            Findings =
            [
                .. done.Objects.Concat(done.NotMade).Where(one => one.IsUnfinished || one.Outcome is ManifestRemovalOutcome.Spared)
                    .Select(one => one.ToString()),
                .. done.Nodes.Where(node => node.Problem is not null).Select(node => $"Node {node.Node}: {node.Problem}"),
            ],
        };
    }

    // Each thing was told when it was done; what is left of an unfinished removal is told with its error.
    private static void WriteEnd(ConsoleOutput console, AddonUninstallation done)
    {
        foreach (var stays in done.NotMade)
        {
            console.Note(stays.ToString());
        }

        var removed = done.Objects.Count(one => one.Outcome is ManifestRemovalOutcome.Deleted);
        console.Out.WriteLine(
            $"The add-on is gone: {Plural.Of(removed, "object")} removed, {Plural.Of(done.Nodes.Count, "node")} cleaned.");
    }

    private static void WritePlan(ConsoleOutput console, AddonUninstallation done)
    {
        var table = new TextTable("WOULD BE", "WHAT", "WHY");
        foreach (var one in done.Objects.Concat(done.NotMade).Where(one => one.Outcome is not ManifestRemovalOutcome.WasGone))
        {
            table.Add(
                one.IsUnfinished ? Tone.Bad : Tone.Plain, one.Outcome.ToString().ToLowerInvariant(), AddonReport.PlaceOf(one), one.Message);
        }

        foreach (var node in done.Nodes)
        {
            table.Add(
                node.Problem is null ? Tone.Plain : Tone.Bad, node.Problem is null ? "cleaned" : "refused", $"Node {node.Node}",
                node.Problem ?? string.Join(", ", KeysOf(node.Removal)));
        }

        table.Write(console);
    }

    private static IEnumerable<string> KeysOf(NodeRemoval removal) =>
        [.. removal.Labels, .. removal.Annotations, .. removal.Taints, .. removal.Conditions, .. removal.Amounts];

    private static void WriteDocument(ConsoleOutput console, AddonUninstallation done, bool isDry) => console.WriteDocument(json =>
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteBoolean("dryRun", isDry);
        json.WriteBoolean("unfinished", done.IsUnfinished);
        json.WriteStartArray("objects");
        foreach (var one in done.Objects.Concat(done.NotMade))
        {
            json.WriteStartObject();
            json.WriteString("outcome", one.Outcome.ToString());
            json.WriteString("kind", one.Resource.Kind);
            if (one.Namespace is not null)
            {
                json.WriteString("namespace", one.Namespace);
            }

            json.WriteString("name", one.Name);
            json.WriteString("message", one.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("nodes");
        foreach (var node in done.Nodes)
        {
            json.WriteStartObject();
            json.WriteString("name", node.Node);
            AddonReport.WriteTexts(json, "removed", node.Problem is null ? KeysOf(node.Removal) : []);
            if (node.Problem is not null)
            {
                json.WriteString("problem", node.Problem);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
