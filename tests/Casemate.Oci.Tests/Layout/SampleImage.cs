using System.Text;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;

namespace Casemate.Oci.Tests.Layout;

/// <summary>A small image, written to any target.</summary>
internal static class SampleImage
{
    public static async Task<Descriptor> WriteAsync(
        IImageTarget target, string? tag, string content = "hello", bool compress = true, params LayerFile[] more)
    {
        var layer = new MemoryStream();
        var built = await LayerBuilder.WriteAsync(
            [LayerFile.File("etc/greeting", ContentSource.FromBytes(Encoding.UTF8.GetBytes(content))), LayerFile.SymbolicLink("link", "etc/greeting"), .. more],
            layer, new LayerOptions { Compress = compress }, default);
        layer.Position = 0;
        await target.WriteAsync(built.Descriptor, layer, default);

        var config = new ImageConfig
        {
            Platform = Platform.LinuxAmd64,
            Created = "1970-01-01T00:00:00Z",
            Config = new ContainerConfig { Cmd = ["/app"], User = "65532" },
            DiffIds = [built.DiffId],
        }.Write();
        var configDescriptor = Descriptor.Of(MediaTypes.Config, config);
        await target.WriteAsync(configDescriptor, new MemoryStream(config), default);

        return await WriteManifestAsync(target, new ImageManifest { Config = configDescriptor, Layers = [built.Descriptor] }, tag);
    }

    public static async Task<Descriptor> WriteManifestAsync(IImageTarget target, ImageManifest manifest, string? tag)
    {
        var bytes = manifest.Write();
        var descriptor = Descriptor.Of(MediaTypes.Manifest, bytes);
        await target.WriteAsync(descriptor, new MemoryStream(bytes), default);
        if (tag is not null)
        {
            await target.TagAsync(descriptor, tag, default);
        }

        return descriptor;
    }

    /// <summary>All contents of an image, each read to its end and so verified.</summary>
    public static async Task<Image> ReadAsync(IImageSource source, string? tag)
    {
        var image = await Image.FindAsync(source, tag, null, null, default);
        foreach (var (layer, diffId) in image.Manifest.Layers.Zip(image.Config.DiffIds))
        {
            await using var reader = await LayerReader.OpenAsync(await source.OpenAsync(layer, default), layer, "layer", null, default);
            while (await reader.NextAsync(default) is not null)
            {
            }

            await reader.FinishAsync(diffId, default);
        }

        return image;
    }
}
