using Casemate.Cli.Commands;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image</c>: container images of enclave applications.</summary>
internal sealed class ImageCommand : CliCommand
{
    public ImageCommand()
        : base(
            "image", "Make container images: small, reproducible, with the measurements of their enclaves.",
            new CommandExample("A program with all that it needs", "casemate image pack --out oci:image -- ./app"),
            new CommandExample("Casemate's own image", "casemate image pack --self --out docker-archive:casemate.tar:casemate:1"))
    {
        Add(new PackCommand());
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken) =>
        throw CliException.Usage("no image command given", "Run 'casemate image --help' for its commands and examples.");
}
