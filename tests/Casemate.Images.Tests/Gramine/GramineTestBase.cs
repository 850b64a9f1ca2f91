using Casemate.Images.Gramine;
using Casemate.Images.Roots;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Files;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.Images.Tests.Gramine;

/// <summary>Images and a stand-in for Gramine, made for each test.</summary>
public abstract class GramineTestBase : IDisposable
{
    protected static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    protected static readonly EnclaveImageOptions Usual = new() { Release = "1.8", EnclaveBytes = 64UL << 20, Threads = 4 };

    private readonly List<IDisposable> _open = [];

    protected GramineTestBase() => GramineSample.WriteRuntime(Runtime);

    protected TemporaryDirectory Directory { get; } = new();

    protected string Runtime => Path.Combine(Directory.Path, "gramine");

    protected static ContainerConfig Command(params string[] entrypoint) => new() { Entrypoint = entrypoint };

    /// <summary>A file as the sample writes it: bytes, or the target of a link.</summary>
    protected static LayerFile File(string path, object content) => content is string target
        ? LayerFile.SymbolicLink(path, target)
        : LayerFile.File(
            path, ContentSource.FromBytes((byte[])content), path.StartsWith("/usr/bin/", StringComparison.Ordinal) ? 0x1ED : 0x1A4);

    /// <summary>The sample's image with other files over it, in a layer of their own.</summary>
    protected async Task<Image> ImageAsync(ContainerConfig config, params LayerFile[] more)
    {
        var layout = OciLayout.OpenOrCreate(Path.Combine(Directory.Path, "source"));
        var builder = new ImageBuilder(layout);
        await builder.AddLayerAsync(GramineSample.Application.Select(file => File(file.Key, file.Value)), "base", compress: true, Cancel);
        if (more.Length > 0)
        {
            await builder.AddLayerAsync(more, "more", compress: true, Cancel);
        }

        await builder.CompleteAsync(new ImageConfig { Platform = Platform.LinuxAmd64, DiffIds = [], Config = config }, null, "app", Cancel);
        return await Image.FindAsync(layout, "app", null, null, Cancel);
    }

    /// <summary>The plan for an image.</summary>
    protected async Task<EnclaveImagePlan> PlanAsync(ContainerConfig config, EnclaveImageOptions? options = null, params LayerFile[] more)
    {
        var image = await ImageAsync(config, more);
        var files = await ImageFileSystem.OpenAsync(image, null, Cancel);
        _open.Add(files);
        return EnclaveImagePlanner.Plan(image, files, GramineRuntime.Find(new DirectoryRoot(Runtime)), options ?? Usual);
    }

    /// <summary>The reason why an image is not converted.</summary>
    protected async Task<EnclaveImageException> RefusedAsync(
        ContainerConfig config, EnclaveImageOptions? options = null, params LayerFile[] more) =>
        await Assert.ThrowsAsync<EnclaveImageException>(() => PlanAsync(config, options, more));

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _open.ForEach(open => open.Dispose());
        Directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
