using Casemate.Cli.Commands;

namespace Casemate.Cli.Addon;

/// <summary><c>casemate addon</c>: what a cluster needs of Casemate.</summary>
internal sealed class AddonCommand : CliCommand
{
    public AddonCommand()
        : base(
            "addon", "What a cluster needs to offer trusted hardware: manifests of the node agent, the quote helper and the webhook.",
            new CommandExample("To apply", "casemate addon render --image registry.example/casemate:1 | kubectl apply -f -")) =>
        Add(new AddonRenderCommand());

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no add-on command given", "Run 'casemate addon --help' for its commands and examples.");
}
