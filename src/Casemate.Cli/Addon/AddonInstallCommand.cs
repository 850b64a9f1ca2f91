using System.CommandLine;
using Casemate.Addon;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Kubernetes;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon install</c>.</summary>
internal sealed class AddonInstallCommand : CliCommand
{
    private readonly ClusterOptions _cluster = new();
    private readonly AddonConfirmation _confirmation = new();
    private readonly AddonTimeout _timeout = new("How long the cluster may take to answer, and then until everything runs.", 300);

    private readonly AddonFlags _flags = new(
        "as installed, else what the nodes' labels say: aks, aks-engine, or generic", "as installed; needed the first time");

    private readonly Option<string?> _tee = new("--tee")
    {
        Description = "The trusted hardware that a node has to offer in the end: sgx, or with --overlay dra also tdx and snp (nodes that are "
            + "such guests). Default: none has to.",
        HelpName = "sgx|tdx|snp",
    };

    private readonly Option<bool> _besideExisting = new("--beside-existing")
    {
        Description = "Install beside another SGX plugin: names that it publishes are left to it. Both count the same memory.",
    };

    private readonly Option<bool> _takeOver = AddonFlags.TakeOver();

    public AddonInstallCommand()
        : base(
            "install",
            "Install the add-on in a cluster, or change an installation: looks at the cluster, shows the plan, asks, applies it, and waits "
                + "until everything runs. What is not said is as installed (--quote-helper false and --no-webhook false say no). May be done "
                + "again. Exit code 0 it runs, 1 the cluster cannot have it or it does not run in time, 4 the cluster does not answer, 5 "
                + "rights are missing, 6 stopped half-way: the same command goes on.",
            new CommandExample("In a cluster", "casemate addon install --image registry.example/casemate:1"),
            new CommandExample("What it would do", "casemate addon install --image registry.example/casemate:1 --dry-run"),
            new CommandExample(
                "A cluster without hardware", "casemate addon install --image registry.example/casemate:1 --simulate dc48s_v3 --yes"),
            new CommandExample("With quotes, later", "casemate addon install --quote-helper --quote-helper-image registry.example/casemate-dcap:1"))
    {
        _cluster.AddTo(this);
        _flags.AddTo(this);
        Add(_tee);
        Add(_besideExisting);
        Add(_takeOver);
        _confirmation.AddTo(this);
        Add(_timeout.Option);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        _confirmation.Check(context);
        var limit = _timeout.Read(context);
        var named = _flags.OverlayOf(context);
        var tee = TeeOf(context);
        using var client = _cluster.Open(context, AddonInstaller.FieldManager, limit);
        return await AddonFailure.GuardAsync(async () =>
        {
            var (installed, nodes) = await LookAsync(client, named, cancellationToken);
            var (overlay, why) = Choose(named, installed, nodes);
            if (tee is { } hardware)
            {
                AddonFlags.Made(new AddonOptions { Overlay = overlay }, options =>
                {
                    AddonTees.Check(hardware, options.Overlay);
                    return options;
                });
            }

            var before = installed.Options ?? new AddonOptions();
            var options = _flags.Read(context, before with { Overlay = overlay });
            if (options.Image == AddonOptions.NoImage)
            {
                throw CliException.Usage(
                    "no image is named, and none is installed",
                    "Add --image registry.example/casemate@sha256:...; the handbook's page 'node' says how it is packed.");
            }

            var choices = new List<string> { $"overlay {AddonManifests.NameOf(overlay)}: {why}" };
            if (installed.IsByHand)
            {
                choices.Add("an add-on that something else applied is there: it is adopted, and 'casemate addon uninstall' leaves it as it is");
            }

            var others = await ExistingPlugins.FindAsync(client, nodes, installed.IsThere, cancellationToken);
            options = Beside(options, others, context.Arguments.GetValue(_besideExisting), choices);
            return await new AddonRollout(context, client, _confirmation)
            {
                Options = options,
                Choices = choices,
                TakeOver = context.Arguments.GetValue(_takeOver),
                Tee = tee,
                Limit = limit,
            }.RunAsync(cancellationToken);
        });
    }

    // Who may not even look is told everything that is missing, and not the first of it.
    private static async Task<(AddonInstalled Installed, IReadOnlyList<KubeObject> Nodes)> LookAsync(
        KubeClient client, AddonOverlay? named, CancellationToken cancellationToken)
    {
        var installer = new AddonInstaller(client);
        try
        {
            return (
                await installer.ReadInstalledAsync(cancellationToken),
                (await client.ListAsync(KubeResource.Nodes, cancellationToken: cancellationToken)).Items);
        }
        catch (KubeException exception) when (exception.IsForbidden)
        {
            AddonRollout.Judge(await installer.CheckAsync(
                new AddonOptions { Overlay = named ?? AddonOverlay.Generic, WithQuoteHelper = true }, cancellationToken));
            throw;
        }
    }

    private AddonTee? TeeOf(CommandContext context)
    {
        var name = context.Arguments.GetValue(_tee);
        return name is null ? null : Enum.GetValues<AddonTee>().Cast<AddonTee?>().FirstOrDefault(tee => AddonTees.NameOf(tee!.Value) == name)
            ?? throw CliException.Usage($"--tee '{name}' is not one", "There are sgx, tdx, snp.");
    }

    private static (AddonOverlay Overlay, string Why) Choose(
        AddonOverlay? named, AddonInstalled installed, IReadOnlyList<KubeObject> nodes)
    {
        if (named is { } overlay)
        {
            return (overlay, "as asked for");
        }

        if (installed.Options is { } options)
        {
            return (options.Overlay, "as installed");
        }

        var kind = ClusterKind.Of(nodes);
        return (kind.Overlay, kind.Why);
    }

    private static AddonOptions Beside(
        AddonOptions options, IReadOnlyList<ExistingPlugin> others, bool isAllowed, List<string> choices)
    {
        var published = others.SelectMany(one => one.Publishes).Distinct().ToList();
        if (isAllowed)
        {
            choices.AddRange(others.Select(other => $"{other}: left alone"));
            return options with { LeftToOthers = [.. options.LeftToOthers.Union(published)] };
        }

        var known = others.Count > 0 && options.LeftToOthers.Count > 0 && published.All(options.LeftToOthers.Contains);
        return others.Count == 0 || known
            ? options
            : throw new CliException(
                ExitCode.Refused, "this cluster has another SGX plugin; nothing was changed",
                "Remove it first, or add --beside-existing to leave it the names that it publishes.")
            {
                Findings = [.. others.Select(other => $"{other}. Remove it with: {other.Removal}")],
            };
    }
}
