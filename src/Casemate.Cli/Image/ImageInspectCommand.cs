using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Layout;

namespace Casemate.Cli.Image;

/// <summary><c>casemate image inspect</c>.</summary>
internal sealed class ImageInspectCommand : CliCommand
{
    private readonly RegistryAccess _registries = new();

    private readonly Argument<string> _image = new("IMAGE")
    {
        Description = "The image: docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG], or a bare "
            + "reference or path.",
    };

    private readonly Option<string?> _platform = new("--platform")
    {
        Description = "The platform to choose where the name means several. Default: linux/amd64.",
        HelpName = "OS/ARCHITECTURE",
    };

    private readonly Option<bool> _referrers = new("--referrers") { Description = "List what refers to the image, such as signatures." };

    private readonly Option<bool> _raw = new("--raw")
    {
        Description = "Print the manifest or index that the name means, byte for byte, and nothing else.",
    };

    public ImageInspectCommand()
        : base(
            "inspect", "Show an image: digest, platform, how it is started, labels, layers. Only the documents are read, no layer. Exit code "
            + "0 done, 3 not there or malformed, 4 a registry cannot be reached, 5 not permitted.",
            new CommandExample("In a registry", "casemate image inspect registry.example/team/app:1"),
            new CommandExample("In a layout, for a script", "casemate image inspect oci:build:app -o json"),
            new CommandExample("The manifest's digest, computed from it", "casemate image inspect --raw debian:12 | sha256sum"))
    {
        Add(_image);
        foreach (var option in new Option[] { _platform, _referrers, _raw }.Concat(_registries.All))
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var location = ImageLocation.Parse(context.Arguments.GetValue(_image)!);
        using var client = _registries.Open(context);
        var source = await location.OpenSourceAsync(client, limits: null, cancellationToken);
        using var open = source as IDisposable;
        var named = await source.ResolveAsync(location.TagOrDigest, cancellationToken);
        var bytes = await Oci.Image.ReadBytesAsync(source, named, OciLimits.Default.MaxManifestBytes, cancellationToken);
        if (context.Arguments.GetValue(_raw))
        {
            await using var output = context.Invocation.OpenStandardOutput();
            await output.WriteAsync(bytes, cancellationToken);
            return ExitCode.Success;
        }

        var index = MediaTypes.IsIndex(named.MediaType) ? ImageIndex.Parse(bytes, $"{source.Name}@{named.Digest}") : null;
        var platform = context.Arguments.GetValue(_platform) is { } text ? Platform.Parse(text) : null;
        var image = await Oci.Image.FindAsync(source, named.Digest.Text, platform, limits: null, cancellationToken);
        var referrers = context.Arguments.GetValue(_referrers)
            ? await source.ReferrersAsync(image.Descriptor.Digest, null, cancellationToken)
            : null;
        var shown = new ShownImage(location, named, index, image, referrers);
        if (context.Console.Format is OutputFormat.Table)
        {
            shown.Write(context.Console);
        }
        else
        {
            context.Console.WriteDocument(shown.Write);
        }

        return ExitCode.Success;
    }
}
