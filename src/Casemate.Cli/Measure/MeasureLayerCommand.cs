using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Image;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Layout;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure layer</c>.</summary>
internal sealed class MeasureLayerCommand : CliCommand
{
    private readonly RegistryAccess _registries = new();

    private readonly Argument<string> _image = new("IMAGE")
    {
        Description = "The image: docker://REFERENCE, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME:TAG], or a bare "
            + "reference or path.",
    };

    private readonly Option<string?> _profile = new("--profile")
    {
        Description = "How the host makes devices of layers: tarfs (the tardev snapshotter), tarfs-v1 (its older form), or ext4 (hcsshim; "
            + "experimental). Default: tarfs.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _platform = new("--platform")
    {
        Description = "The platform to choose where the name means several. Default: linux/amd64.",
        HelpName = "OS/ARCHITECTURE",
    };

    private readonly Option<string?> _cache = new("--layer-cache")
    {
        Description = "The directory that keeps what was computed of layers. Default: CASEMATE_LAYER_CACHE, else casemate/layers in "
            + "XDG_CACHE_HOME or ~/.cache.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _noCache = new("--no-layer-cache") { Description = "Compute every layer, and keep nothing." };

    public MeasureLayerCommand()
        : base(
            "layer", "The dm-verity root hashes of an image's layers: a guest that trusts them runs these files and no others. Layers stream "
            + "through and are not stored. Exit code 0 done, 3 not there, malformed or not measurable, 4 a registry cannot be reached, 5 not permitted.",
            new CommandExample("The layers of an image", "casemate measure layer registry.example/team/app:1"),
            new CommandExample("As another host makes them, for a script", "casemate measure layer oci:app:1 --profile ext4 -o json"))
    {
        Add(_image);
        foreach (var option in new Option[] { _profile, _platform, _cache, _noCache }.Concat(_registries.All))
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var location = ImageLocation.Parse(context.Arguments.GetValue(_image)!);
        var profile = context.Arguments.GetValue(_profile) switch
        {
            null or "tarfs" => LayerProfile.Tarfs,
            "tarfs-v1" => LayerProfile.TarfsV1,
            "ext4" => LayerProfile.Ext4,
            var other => throw CliException.Usage($"--profile '{other}' is not known", "Use tarfs, tarfs-v1 or ext4."),
        };
        var platform = context.Arguments.GetValue(_platform) is { } text ? Platform.Parse(text) : null;
        using var client = _registries.Open(context);
        var source = await location.OpenSourceAsync(client, limits: null, cancellationToken);
        using var open = source as IDisposable;
        var image = await Oci.Image.FindAsync(source, location.TagOrDigest, platform, limits: null, cancellationToken);

        IReadOnlyList<ImageLayer> layers;
        using (var line = new WorkLine(context))
        {
            try
            {
                layers = await new LayerRoots(Cache(context)).ComputeAsync(image, profile, new Progress(context, line), cancellationToken);
            }
            catch (LayerException refused)
            {
                throw CliException.BadInput(refused.Message, refused.Remedy, refused);
            }
        }

        Write(context.Console, image, profile, layers);
        return ExitCode.Success;
    }

    private LayerRootDirectory? Cache(CommandContext context)
    {
        if (context.Arguments.GetValue(_noCache)
            || (context.Arguments.GetValue(_cache) ?? LayerRootDirectory.DefaultPath(context.Invocation.Environment)) is not { Length: > 0 } path)
        {
            return null;
        }

        var cache = new LayerRootDirectory(path);
        if (cache.Problem is { } problem)
        {
            context.Console.Warn(problem);
        }

        return cache;
    }

    private static void Write(ConsoleOutput console, Oci.Image image, LayerProfile profile, IReadOnlyList<ImageLayer> layers)
    {
        if (console.Format is OutputFormat.Table)
        {
            var table = new TextTable("LAYER", "SIZE", "ROOT HASH");
            foreach (var layer in layers)
            {
                table.Add(Tone.Plain, layer.Root.DiffId.Short, ByteCount.Text(layer.Root.DeviceBytes), layer.Root.RootHash);
            }

            table.Write(console);
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("manifestDigest", image.Descriptor.Digest.Text);
            json.WriteString("profile", profile switch { LayerProfile.Tarfs => "tarfs", LayerProfile.TarfsV1 => "tarfs-v1", _ => "ext4" });
            json.WriteStartArray("layers");
            foreach (var layer in layers)
            {
                json.WriteStartObject();
                json.WriteString("digest", layer.Descriptor.Digest.Text);
                json.WriteString("diffId", layer.Root.DiffId.Text);
                json.WriteString("chainId", layer.ChainId.Text);
                json.WriteString("rootHash", layer.Root.RootHash);
                json.WriteNumber("deviceBytes", layer.Root.DeviceBytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private sealed class Progress(CommandContext context, WorkLine line) : IProgress<LayerStep>
    {
        public void Report(LayerStep value)
        {
            if (value.Done)
            {
                line.Dispose();
                context.Console.Note($"{value.DiffId.Short}  {ByteCount.Text(value.Bytes),10}  {(value.FromCache ? "known" : "hashed")}");
            }
            else
            {
                line.Show(() => $"layer {value.Layer} of {value.Layers}: {ByteCount.Text(value.Bytes)}");
            }
        }
    }
}
