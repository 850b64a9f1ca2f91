using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Oci;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary>How commands about signatures take an image, and how they reach the place where it lies.</summary>
internal sealed class ImageArguments
{
    private readonly Argument<string> _image = new("IMAGE")
    {
        Description = "The image: registry/repository:tag or @sha256:…, oci:DIRECTORY[:TAG], oci-archive:FILE[:TAG].",
    };

    private readonly Option<string?> _authFile = new("--authfile")
    {
        Description = "The file with credentials for registries. Default: those of Docker and Podman.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _plainHttp = new("--allow-plain-http")
    {
        Description = "A registry that may be spoken to without TLS, such as localhost:5000; may be given several times.",
        HelpName = "REGISTRY",
    };

    /// <summary>Adds argument and options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_image);
        command.Add(_authFile);
        command.Add(_plainHttp);
    }

    /// <summary>The image that is named.</summary>
    public ImageLocation Location(ParseResult arguments) => ImageLocation.Parse(arguments.GetValue(_image)!);

    /// <summary>The way to registries; to be disposed of.</summary>
    public ImageRegistries Registries(CommandContext context) => new(
        context.Invocation.Environment, context.Arguments.GetValue(_authFile), context.Arguments.GetValue(_plainHttp) ?? [], context.Invocation.Time);

    /// <summary>Opens the place of an image for writing too.</summary>
    /// <exception cref="CliException">It is an archive (exit code 2).</exception>
    public static IImageTarget Target(ImageLocation location, IImageSource source) =>
        location.Transport is ImageTransport.Registry or ImageTransport.OciLayout && source is IImageTarget target
            ? target
            : throw CliException.Usage(
                "an archive cannot be changed, so its images cannot be signed where they are", "Copy the image to a layout or a registry first.");
}
