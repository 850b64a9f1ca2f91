using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image push</c>.</summary>
internal sealed class ImagePushCommand : ImageTransferCommand
{
    private readonly Argument<string> _from = new("IMAGE")
    {
        Description = "The image on this machine: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG], or a path.",
    };

    private readonly Argument<string> _to = new("REFERENCE") { Description = "Its name in a registry: REGISTRY/REPOSITORY[:TAG]." };

    public ImagePushCommand()
        : base(
            "push", $"Send an image to a registry. What is there already is not sent. {ExitCodes}",
            new CommandExample("From a layout", "casemate image push oci:build:app registry.example/team/app:1"),
            new CommandExample("To a registry on this machine",
                "casemate image push --plain-http localhost:5000 oci:build localhost:5000/app:1"))
    {
        Add(_from);
        Add(_to);
        AddOptions();
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var from = ImageLocation.Parse(context.Arguments.GetValue(_from)!);
        return from.Transport is ImageTransport.Registry
            ? throw CliException.Usage(
                $"'{from.Reference}' is in a registry, or there is no such path here",
                    "Write oci:DIR for a layout; between registries use 'casemate image copy'.")
            : TransferAsync(context, from, RegistryName.Parse(context.Arguments.GetValue(_to)!), cancellationToken);
    }
}
