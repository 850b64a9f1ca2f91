using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image pull</c>.</summary>
internal sealed class ImagePullCommand : ImageTransferCommand
{
    private readonly Argument<string> _from = new("REFERENCE")
    {
        Description = "The image in a registry: [REGISTRY/]REPOSITORY[:TAG][@DIGEST].",
    };

    private readonly Argument<string?> _to = new("TO")
    {
        Description = "Where it goes: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG], or a path. Default: a layout in "
            + "a directory that is called as the last part of the repository.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public ImagePullCommand()
        : base(
            "pull", $"Fetch an image from a registry. A download that was cut goes on where it ended. {ExitCodes}",
            new CommandExample("Into the layout ./debian", "casemate image pull debian:12"),
            new CommandExample("By digest, into an archive", "casemate image pull registry.example/app@sha256:… oci-archive:app.tar"),
            new CommandExample("For another processor", "casemate image pull --platform linux/arm64 debian:12 oci:arm:12"))
    {
        Add(_from);
        Add(_to);
        AddOptions();
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var from = RegistryName.Parse(context.Arguments.GetValue(_from)!);
        var reference = from.Reference!;
        var to = ImageLocation.Parse(
            context.Arguments.GetValue(_to)
                ?? $"oci:{reference.Repository[(reference.Repository.LastIndexOf('/') + 1)..]}:{reference.Tag ?? "latest"}");
        return to.Transport is ImageTransport.Registry
            ? throw CliException.Usage(
                $"'{to.Reference}' means a registry, and pull fetches to this machine",
                    "Write oci:DIR for a layout; between registries use 'casemate image copy'.")
            : TransferAsync(context, from, to, cancellationToken);
    }
}
