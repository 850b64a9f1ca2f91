using System.CommandLine;
using Casemate.Addon;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon upgrade</c>.</summary>
internal sealed class AddonUpgradeCommand : CliCommand
{
    private readonly ClusterOptions _cluster = new();
    private readonly AddonConfirmation _confirmation = new();
    private readonly AddonTimeout _timeout = new("How long the cluster may take to answer, and then until everything runs.", 300);
    private readonly AddonFlags _flags = new("as installed", "as installed");
    private readonly Option<bool> _takeOver = AddonFlags.TakeOver();

    public AddonUpgradeCommand()
        : base(
            "upgrade",
            "Bring an installed add-on to this program's manifests and another image, with everything else as it was installed, node after "
                + "node. What the manifests no longer hold is removed. Prints the command that goes back. Exit codes as of 'install'; 1 also "
                + "when nothing is installed.",
            new CommandExample("To another image", "casemate addon upgrade --image registry.example/casemate:2"),
            new CommandExample("What it would do", "casemate addon upgrade --image registry.example/casemate:2 --dry-run"))
    {
        _cluster.AddTo(this);
        _flags.AddImagesTo(this);
        Add(_takeOver);
        _confirmation.AddTo(this);
        Add(_timeout.Option);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        _confirmation.Check(context);
        var limit = _timeout.Read(context);
        using var client = _cluster.Open(context, AddonInstaller.FieldManager, limit);
        return await AddonFailure.GuardAsync(async () =>
        {
            var installed = await new AddonInstaller(client).ReadInstalledAsync(cancellationToken);
            if (installed is not { Options: { } before, IsListed: true })
            {
                throw new CliException(
                    ExitCode.Refused,
                    installed.IsThere ? "the add-on was applied by something else, which has to upgrade it" : "the add-on is not installed",
                    installed.IsThere
                        ? "'casemate addon install' adopts it." : "Install it: casemate addon install --image IMAGE.");
            }

            var options = _flags.Read(context, before);
            return await new AddonRollout(context, client, _confirmation)
            {
                Options = options,
                Choices = [$"overlay {AddonManifests.NameOf(options.Overlay)}: as installed"],
                TakeOver = context.Arguments.GetValue(_takeOver),
                Limit = limit,
                Back = options.Image == before.Image && options.QuoteHelperImage == before.QuoteHelperImage
                    ? null : BackTo(before, options),
            }.RunAsync(cancellationToken);
        });
    }

    private static string BackTo(AddonOptions before, AddonOptions after) =>
        $"casemate addon upgrade --image {ShellWord.Of(before.Image)}"
        + (before.QuoteHelperImage is null && after.QuoteHelperImage is null
            ? "" : $" --quote-helper-image {ShellWord.Of(before.QuoteHelperImage ?? before.Image)}");
}
