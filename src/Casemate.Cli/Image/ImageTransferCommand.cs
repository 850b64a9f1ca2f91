using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Oci;
using Casemate.Oci.Copying;
using Casemate.Oci.Layout;
using Casemate.Primitives;

namespace Casemate.Cli.Image;

/// <summary>What <c>copy</c>, <c>push</c> and <c>pull</c> have in common: they copy an image from one place to another.</summary>
internal abstract class ImageTransferCommand : CliCommand
{
    /// <summary>What the exit codes of a transfer are, for descriptions.</summary>
    protected const string ExitCodes = "Exit code 0 done, 3 the image is not there, malformed or cannot be written, 4 a registry cannot be "
        + "reached (the same command again goes on where it ended), 5 not permitted.";

    /// <summary>How places are written, for descriptions.</summary>
    internal const string Places = "docker://REGISTRY/REPOSITORY:TAG, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG], "
        + "or a bare reference or path";

    // What arrived of large blobs, until all of it is there.
    private const string PartialName = ".partial";

    private readonly RegistryAccess _registries = new();

    private readonly Option<string?> _platform = new("--platform")
    {
        Description = "The platform to choose where the name means several. Default: linux/amd64.",
        HelpName = "OS/ARCHITECTURE",
    };

    private readonly Option<bool> _all = new("--all") { Description = "Copy the images of all platforms, and the index that lists them." };

    private readonly Option<bool> _referrers = new("--referrers")
    {
        Description = "Copy what refers to the image as well, and signatures under tags such as sha256-HEX.sig.",
    };

    private readonly Option<int> _parallel = new("--parallel")
    {
        Description = "How many blobs travel at once: 1 to 16. Default: 3.",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    protected ImageTransferCommand(string name, string description, params IReadOnlyList<CommandExample> examples)
        : base(name, description, examples)
    {
    }

    /// <summary>Adds the options, behind the arguments of the derived class.</summary>
    protected void AddOptions()
    {
        foreach (var option in new Option[] { _platform, _all, _referrers, _parallel }.Concat(_registries.All))
        {
            Add(option);
        }
    }

    /// <summary>Copies.</summary>
    protected async Task<int> TransferAsync(CommandContext context, ImageLocation from, ImageLocation to, CancellationToken cancel)
    {
        var arguments = context.Arguments;
        RequireSense(arguments, to);
        using var client = _registries.Open(context);
        var source = await from.OpenSourceAsync(client, limits: null, cancel);
        using var openSource = source as IDisposable;
        var target = to.OpenTarget(client, limits: null);
        await using var openTarget = target as IAsyncDisposable;
        using var display = CopyDisplay.For(context);
        var partial = to.Transport is ImageTransport.OciLayout ? Path.Combine(to.Path, PartialName) : null;
        var result = await ImageCopy.RunAsync(
            source, from.TagOrDigest, target, to.Tag,
            new ImageCopyOptions
            {
                Platform = arguments.GetValue(_platform) is { } platform ? Platform.Parse(platform) : Platform.LinuxAmd64,
                AllPlatforms = arguments.GetValue(_all),
                Referrers = arguments.GetValue(_referrers),
                Parallel = arguments.GetValue(_parallel),
                PartialDirectory = partial,
                Progress = display,
            },
            cancel);
        await target.CompleteAsync(cancel);
        RemoveIfEmpty(partial);
        display?.Dispose();
        Write(context.Console, from, to, result);
        return ExitCode.Success;
    }

    private void RequireSense(ParseResult arguments, ImageLocation to)
    {
        if (arguments.GetValue(_all) && arguments.GetValue(_platform) is not null)
        {
            throw CliException.Usage("--all and --platform contradict each other", "Leave one of them away.");
        }

        if (arguments.GetValue(_parallel) is < 1 or > 16)
        {
            throw CliException.Usage($"--parallel is {arguments.GetValue(_parallel)}", "Use 1 to 16.");
        }

        if (to.Reference?.Digest is not null)
        {
            throw CliException.Usage(
                $"'{to.Reference}' names the copy by a digest, which follows from its content",
                    "Name it by a tag, or leave the tag away for 'latest'.");
        }

        if (to.Transport is ImageTransport.DockerArchive && arguments.GetValue(_all))
        {
            throw CliException.Usage("a docker-archive holds the image of one platform", "Use oci-archive: for all of them.");
        }

        if (to.Transport is ImageTransport.DockerArchive && arguments.GetValue(_referrers))
        {
            throw CliException.Usage("a docker-archive has no place for signatures", "Use oci-archive: for an image with its referrers.");
        }

        DockerArchiveName.Require(to);
    }

    private static void RemoveIfEmpty(string? directory)
    {
        try
        {
            if (directory is not null && Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
            {
                Directory.Delete(directory);
            }
        }
        catch (IOException)
        {
            // Another copy into the same layout has begun a part, or removed the directory itself: it is that copy's now.
            return;
        }
    }

    private static void Write(ConsoleOutput console, ImageLocation from, ImageLocation to, ImageCopyResult result)
    {
        if (console.Format is OutputFormat.Table)
        {
            var others = (result.Skipped, result.Mounted) switch
            {
                (0, 0) => "",
                (var skipped, 0) => $"; {skipped} were there",
                (0, var mounted) => $"; {mounted} taken over from another repository",
                var (skipped, mounted) => $"; {skipped} were there, {mounted} taken over from another repository",
            };
            console.Note(ErrorText.OneLine($"{result.Copied} blobs copied, {ByteCount.Text(result.Bytes)}{others}"));
            console.Out.WriteLine(ErrorText.OneLine($"{to} {result.Descriptor.Digest}"));
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("from", from.ToString());
            json.WriteString("to", to.ToString());
            json.WriteString("digest", result.Descriptor.Digest.Text);
            json.WriteString("mediaType", result.Descriptor.MediaType);
            json.WriteNumber("size", result.Descriptor.Size);
            json.WriteNumber("blobsCopied", result.Copied);
            json.WriteNumber("blobsSkipped", result.Skipped);
            json.WriteNumber("blobsMounted", result.Mounted);
            json.WriteNumber("bytesCopied", result.Bytes);
            json.WriteNumber("referrers", result.Referrers);
        });
    }
}
