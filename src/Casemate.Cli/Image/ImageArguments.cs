using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Oci;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary>How commands about signatures take and open an image.</summary>
internal static class ImageArguments
{
    /// <summary>The image that a command is about.</summary>
    public static Argument<string> Image() => new("IMAGE")
    {
        Description = "The image: registry/repository:tag, oci:DIRECTORY[:TAG], oci-archive:FILE[:TAG]; with @sha256:… for one digest.",
    };

    /// <summary>Opens the place where the image lies.</summary>
    public static Task<IImageSource> OpenAsync(ImageLocation location, CommandContext context, CancellationToken cancel)
    {
        _ = context;
        return location.OpenSourceAsync(registries: null, limits: null, cancel);
    }

    /// <summary>Opens the same place for writing.</summary>
    public static IImageTarget OpenTarget(ImageLocation location, CommandContext context, IImageSource source)
    {
        _ = context;
        return source as IImageTarget ?? location.OpenTarget(registries: null, limits: null);
    }
}
