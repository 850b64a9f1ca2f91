using System.Text;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;

namespace Casemate.KataPolicy.Tests.Images;

/// <summary>Images made for tests, in OCI layouts.</summary>
internal static class SampleImage
{
    public static LayerFile File(string path, string content) =>
        LayerFile.File(path, ContentSource.FromBytes(Encoding.UTF8.GetBytes(content)));

    /// <summary>Writes an image of these layers, the lowest first, into a layout.</summary>
    public static async Task<Descriptor> WriteAsync(string directory, string tag, ContainerConfig config, params LayerFile[][] layers)
    {
        var target = ImageLocation.Parse($"oci:{directory}:{tag}").OpenTarget(null, null);
        var builder = new ImageBuilder(target);
        foreach (var layer in layers)
        {
            _ = await builder.AddLayerAsync(layer, "test", compress: true, TestContext.Current.CancellationToken);
        }

        return await builder.CompleteAsync(
            new ImageConfig { Platform = Platform.LinuxAmd64, DiffIds = [], Config = config }, null, tag,
            TestContext.Current.CancellationToken);
    }
}
