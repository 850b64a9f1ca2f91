using System.Collections.Immutable;
using Casemate.Images.Sbom;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Tar;

namespace Casemate.Images.Packing;

/// <summary>
/// Writes a planned image. The same plan gives the same bytes: nothing of the machine, the clock or the user is in it.
/// </summary>
public static class Packer
{
    /// <summary>The kind of artifact that an SBOM is, and its media type.</summary>
    public const string SbomType = "application/spdx+json";

    private static readonly byte[] s_empty = "{}"u8.ToArray();

    /// <summary>Writes an image, tags it and completes the target.</summary>
    /// <param name="plan">The image.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="tag">Its name there; null for none.</param>
    /// <param name="sbom">What <see cref="SpdxDocument.WriteAsync"/> made of the plan, to attach; null to attach nothing.</param>
    /// <param name="progress">Is told how far it is; null: nobody.</param>
    /// <param name="cancel">Ends the work; the target is not tagged then.</param>
    /// <exception cref="OciException">A file cannot be read or changed since it was planned, or the target cannot be written.</exception>
    public static async Task<PackedImage> WriteAsync(
        PackPlan plan, IImageTarget target, string? tag, byte[]? sbom, IProgress<PackProgress>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(target);
        var created = CreatedText(plan.Options.EpochSeconds);
        var builder = new ImageBuilder(new HeldTarget(target), plan.Options.EpochSeconds);
        var layers = ImmutableArray.CreateBuilder<(PackLayer, BuiltLayer)>();
        foreach (var layer in Enum.GetValues<PackLayer>())
        {
            var files = plan.InLayer(layer).ToList();
            if (files.Count == 0)
            {
                continue;
            }

            var (begun, total) = (0, files.Count(file => file.Kind is TarEntryKind.File));
            layers.Add((layer, await builder.AddLayerAsync(
                files.Select(file => ToLayerFile(file, () => progress?.Report(new PackProgress(layer, ++begun, total)))),
                $"casemate image pack: {NameOf(layer)}", compress: true, cancel).ConfigureAwait(false)));
        }

        var config = new ImageConfig { Created = created, Platform = Platform.LinuxAmd64, Config = plan.Config, DiffIds = [] };
        var annotations = plan.Labels.SetItem("org.opencontainers.image.created", created);
        var manifest = await builder.CompleteAsync(config, annotations, tag: null, cancel).ConfigureAwait(false);
        var descriptor = manifest with { Platform = config.Platform };
        var attached = sbom is null ? null : await AttachAsync(target, descriptor, created, sbom, cancel).ConfigureAwait(false);
        if (tag is not null)
        {
            await target.TagAsync(descriptor, tag, cancel).ConfigureAwait(false);
        }

        await target.CompleteAsync(cancel).ConfigureAwait(false);
        return new PackedImage(descriptor, layers.ToImmutable(), attached);
    }

    private static LayerFile ToLayerFile(PackedFile file, Action begin) => new(file.Path, file.Kind)
    {
        Mode = file.Mode,
        LinkTarget = file.LinkTarget,
        Content = file.Kind is not TarEntryKind.File ? ContentSource.Empty : new ContentSource(file.Size, cancel =>
        {
            begin();
            return file.Content.OpenAsync(cancel);
        }),
    };

    /// <summary>What a layer is called in messages.</summary>
    public static string NameOf(PackLayer layer) => layer switch
    {
        PackLayer.Base => "base",
        PackLayer.SgxRuntime => "sgx-runtime",
        PackLayer.Application => "application",
        PackLayer.Enclave => "enclave",
        _ => throw new ArgumentOutOfRangeException(nameof(layer)),
    };

    internal static string CreatedText(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    // An artifact as the OCI image specification describes it: an empty configuration, the document as a layer, the image as its subject.
    private static async Task<Descriptor> AttachAsync(IImageTarget target, Descriptor image, string created, byte[] sbom,
        CancellationToken cancel)
    {
        var empty = await WriteAsync(target, MediaTypes.Empty, s_empty, cancel).ConfigureAwait(false);
        var document = await WriteAsync(target, SbomType, sbom, cancel).ConfigureAwait(false);
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.Manifest,
            ArtifactType = SbomType,
            Config = empty,
            Layers = [document],
            Subject = new Descriptor(image.MediaType, image.Digest, image.Size),
            Annotations = ImmutableSortedDictionary<string, string>.Empty.Add("org.opencontainers.image.created", created),
        };
        return await WriteAsync(target, MediaTypes.Manifest, manifest.Write(), cancel).ConfigureAwait(false);
    }

    private static async Task<Descriptor> WriteAsync(IImageTarget target, string mediaType, byte[] bytes, CancellationToken cancel)
    {
        var descriptor = Descriptor.Of(mediaType, bytes);
        using var content = new MemoryStream(bytes, writable: false);
        await target.WriteAsync(descriptor, content, cancel).ConfigureAwait(false);
        return descriptor;
    }
}
