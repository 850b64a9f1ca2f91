using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image copy</c>.</summary>
internal sealed class ImageCopyCommand : ImageTransferCommand
{
    private readonly Argument<string> _from = new("FROM") { Description = $"The image: {Places}." };
    private readonly Argument<string> _to = new("TO") { Description = "Where it goes, written likewise. It replaces what has that name." };

    public ImageCopyCommand()
        : base(
            "copy", "Copy an image between registries, layouts and archives, byte for byte: digests and signatures stay what they are. "
            + ExitCodes,
            new CommandExample("From one registry to another", "casemate image copy registry.example/team/app:1 other.example/app:1"),
            new CommandExample("All platforms and signatures", "casemate image copy --all --referrers debian:12 oci:mirror:debian-12"),
            new CommandExample("For docker load", "casemate image copy oci:build:app docker-archive:app.tar:app:1"))
    {
        Add(_from);
        Add(_to);
        AddOptions();
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) => TransferAsync(
        context, ImageLocation.Parse(context.Arguments.GetValue(_from)!), ImageLocation.Parse(context.Arguments.GetValue(_to)!),
            cancellationToken);
}
