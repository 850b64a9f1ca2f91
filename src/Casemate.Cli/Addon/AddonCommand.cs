using Casemate.Cli.Commands;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon</c>: what a cluster needs of Casemate.</summary>
internal sealed class AddonCommand : CliCommand
{
    public AddonCommand()
        : base(
            "addon", "What a cluster needs to offer trusted hardware: the node agent, the quote helper and the webhook.",
            new CommandExample("Into a cluster", "casemate addon install --image registry.example/casemate:1"),
            new CommandExample("How it is there", "casemate addon status"))
    {
        Add(new AddonInstallCommand());
        Add(new AddonStatusCommand());
        Add(new AddonUpgradeCommand());
        Add(new AddonUninstallCommand());
        Add(new AddonRenderCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no add-on command given", "Run 'casemate addon --help' for its commands and examples.");
}
