using Casemate.Addon;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon status</c>.</summary>
internal sealed class AddonStatusCommand : CliCommand
{
    private const string WithWebhook = "casemate addon install --no-webhook false";

    private readonly ClusterOptions _cluster = new();
    private readonly AddonTimeout _timeout = new("How long the cluster may take to answer, all in all.", 60);

    public AddonStatusCommand()
        : base(
            "status",
            "Say how the add-on in a cluster is: its parts, what nodes offer, the agent's conditions, the webhook, other plugins. Exit code 0 "
                + "all is well, 1 it is not, 4 the cluster does not answer, 5 it may not be asked.",
            new CommandExample("How it is", "casemate addon status"),
            new CommandExample("For a program", "casemate addon status -o json"))
    {
        _cluster.AddTo(this);
        Add(_timeout.Option);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        using var client = _cluster.Open(context, AddonInstaller.FieldManager, _timeout.Read(context));
        return await AddonFailure.GuardAsync(async () =>
        {
            var status = await AddonStatus.ReadAsync(client, cancellationToken);
            if (context.Console.Format is OutputFormat.Table)
            {
                WriteTables(context.Console, status);
            }
            else
            {
                WriteDocument(context.Console, status);
            }

            return status.IsHealthy ? ExitCode.Success : ExitCode.Refused;
        });
    }

    private static void WriteTables(ConsoleOutput console, AddonStatus status)
    {
        if (status.Installed.Options is { } options)
        {
            console.Out.WriteLine(
                $"Overlay {AddonManifests.NameOf(options.Overlay)}"
                    + (status.Installed.IsByHand ? ", applied by something else than 'casemate addon install'." : "."));
            AddonStatusTables.WriteComponents(console, status);
        }

        if (status.Nodes.Count > 0)
        {
            AddonStatusTables.WriteNodes(console, status);
        }

        if (status.Webhook is { } webhook)
        {
            console.Out.WriteLine(
                $"Webhook: {(webhook.IsConfigured ? "configured" : "not configured")}, authorities "
                    + $"{(webhook.HasAuthorities ? "written" : "missing")}, {Plural.Of(webhook.ReadyEndpoints, "ready pod")} behind its Service.");
        }

        if (IsWithoutWebhook(status))
        {
            console.Out.WriteLine("Webhook: left out by --no-webhook, which is remembered.");
        }

        foreach (var other in status.Others)
        {
            console.Out.WriteLine($"Also here: {other}.");
        }

        foreach (var hanging in status.Components.SelectMany(one => one.Hanging))
        {
            console.Out.WriteLine($"Hangs: {hanging}");
        }

        foreach (var problem in status.Problems)
        {
            console.Out.WriteLine($"{console.Paint(Tone.Bad, "Problem:")} {problem}");
        }

        if (status.IsHealthy)
        {
            console.Out.WriteLine(console.Paint(Tone.Good, "All is well."));
        }

        if (IsWithoutWebhook(status))
        {
            console.Out.WriteLine($"Next: {WithWebhook} brings the webhook back.");
        }
    }

    private static bool IsWithoutWebhook(AddonStatus status) =>
        status.Installed is { IsByHand: false, IsThere: true, Options.WithWebhook: false };

    private static void WriteDocument(ConsoleOutput console, AddonStatus status) => console.WriteDocument(json =>
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteBoolean("installed", status.Installed.IsThere);
        json.WriteBoolean("healthy", status.IsHealthy);
        json.WriteBoolean("byHand", status.Installed.IsByHand);
        if (status.Installed.Options is { } options)
        {
            json.WriteString("overlay", AddonManifests.NameOf(options.Overlay));
            json.WriteString("image", options.Image);
        }

        AddonStatusTables.WriteComponents(json, status);
        AddonStatusTables.WriteNodes(json, status);
        if (status.Webhook is { } webhook)
        {
            json.WriteStartObject("webhook");
            json.WriteBoolean("configured", webhook.IsConfigured);
            json.WriteBoolean("authorities", webhook.HasAuthorities);
            json.WriteNumber("readyEndpoints", webhook.ReadyEndpoints);
            json.WriteEndObject();
        }

        json.WriteStartArray("others");
        foreach (var other in status.Others)
        {
            json.WriteStartObject();
            json.WriteString("origin", other.Origin.ToString());
            json.WriteString("what", other.What);
            AddonReport.WriteTexts(json, "publishes", other.Publishes);
            json.WriteString("removal", other.Removal);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        AddonReport.WriteTexts(json, "problems", status.Problems);
        if (IsWithoutWebhook(status))
        {
            json.WriteString("next", WithWebhook);
        }
    });
}
