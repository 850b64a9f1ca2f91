namespace Casemate.Oci;

/// <summary>Media types of images. Sources: OCI Image Format Specification 1.1, media-types.md; Docker Image Manifest V2, Schema 2.</summary>
public static class MediaTypes
{
    /// <summary>An image index of the OCI.</summary>
    public const string Index = "application/vnd.oci.image.index.v1+json";
    /// <summary>An image manifest of the OCI.</summary>
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    /// <summary>An image configuration of the OCI.</summary>
    public const string Config = "application/vnd.oci.image.config.v1+json";
    /// <summary>A layer: a tar archive, not compressed.</summary>
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";
    /// <summary>A layer: a tar archive compressed with gzip.</summary>
    public const string LayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// <summary>A layer: a tar archive compressed with zstd; zstd:chunked among them. Read, not written.</summary>
    public const string LayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
    /// <summary>The empty JSON object, for manifests that have no configuration.</summary>
    public const string Empty = "application/vnd.oci.empty.v1+json";
    /// <summary>A list of manifests, as Docker writes it.</summary>
    public const string DockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// <summary>An image manifest, as Docker writes it.</summary>
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    /// <summary>An image configuration, as Docker writes it.</summary>
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    /// <summary>A layer compressed with gzip, as Docker writes it.</summary>
    public const string DockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    /// <summary>A layer compressed with zstd, as Docker's tools name it beside its other layers.</summary>
    public const string DockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";
    /// <summary>A layer that is not compressed, as Docker writes it.</summary>
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

    /// <summary>True for the documents that list manifests: an index, or Docker's manifest list.</summary>
    public static bool IsIndex(string? mediaType) => mediaType is Index or DockerManifestList;

    /// <summary>True for image manifests of either spelling.</summary>
    public static bool IsManifest(string? mediaType) => mediaType is Manifest or DockerManifest;
}
