using System.Text;
using System.Text.Json.Nodes;

namespace Casemate.Testing.Registry;

/// <summary>One repository of a registry of a test. Tests put things in, and look at what was pushed.</summary>
public sealed class TestRepository
{
    internal Dictionary<string, byte[]> BlobsByDigest { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, (string MediaType, byte[] Content)> ManifestsByDigest { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, string> DigestsByTag { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, MemoryStream> Uploads { get; } = new(StringComparer.Ordinal);

    /// <summary>The blobs, by digest.</summary>
    public IReadOnlyDictionary<string, byte[]> Blobs => BlobsByDigest;

    /// <summary>The manifests and indexes, by digest.</summary>
    public IReadOnlyDictionary<string, (string MediaType, byte[] Content)> Manifests => ManifestsByDigest;

    /// <summary>What the tags name.</summary>
    public IReadOnlyDictionary<string, string> Tags => DigestsByTag;

    /// <summary>Puts a blob in.</summary>
    /// <returns>Its digest.</returns>
    public string AddBlob(byte[] content)
    {
        var digest = TestRegistry.DigestOf(content);
        BlobsByDigest[digest] = content;
        return digest;
    }

    /// <summary>Puts a manifest or index in.</summary>
    /// <returns>Its digest.</returns>
    public string AddManifest(string mediaType, byte[] content, string? tag = null)
    {
        var digest = TestRegistry.DigestOf(content);
        ManifestsByDigest[digest] = (mediaType, content);
        if (tag is not null)
        {
            DigestsByTag[tag] = digest;
        }

        return digest;
    }

    /// <summary>Puts an image in: an empty configuration for a platform, and layers as they are.</summary>
    /// <returns>The digest of its manifest.</returns>
    public string AddImage(string? tag, params byte[][] layers) => AddImage(tag, "amd64", layers);

    /// <summary>Puts an image in, for an architecture.</summary>
    /// <returns>The digest of its manifest.</returns>
    public string AddImage(string? tag, string architecture, byte[][] layers) =>
        AddImage(tag, architecture, layers, "application/vnd.oci.image.layer.v1.tar", layer => layer);

    /// <summary>Puts an image in whose layers are stored in another form.</summary>
    /// <returns>The digest of its manifest.</returns>
    public string AddImage(string? tag, string architecture, byte[][] layers, string mediaType, Func<byte[], byte[]> store)
    {
        var stored = layers.Select(store).ToList();
        var config = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["config"] = new JsonObject { ["Entrypoint"] = new JsonArray("/app") },
            ["rootfs"] = new JsonObject
            {
                ["type"] = "layers",
                ["diff_ids"] = new JsonArray([.. layers.Select(layer => (JsonNode)TestRegistry.DigestOf(layer))]),
            },
        }.ToJsonString());
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Describe("application/vnd.oci.image.config.v1+json", config),
            ["layers"] = new JsonArray([.. stored.Select(layer => (JsonNode)Describe(mediaType, layer))]),
        };
        AddBlob(config);
        foreach (var layer in stored)
        {
            AddBlob(layer);
        }

        return AddManifest("application/vnd.oci.image.manifest.v1+json", Encoding.UTF8.GetBytes(manifest.ToJsonString()), tag);
    }

    /// <summary>Puts an index in that lists images for linux, by architecture.</summary>
    /// <returns>The digest of the index.</returns>
    public string AddIndex(string tag, params (string Architecture, string Digest)[] images)
    {
        var index = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.index.v1+json",
            ["manifests"] = new JsonArray([.. images.Select(image => (JsonNode)new JsonObject
            {
                ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
                ["digest"] = image.Digest,
                ["size"] = ManifestsByDigest[image.Digest].Content.Length,
                ["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = image.Architecture },
            })]),
        };
        return AddManifest("application/vnd.oci.image.index.v1+json", Encoding.UTF8.GetBytes(index.ToJsonString()), tag);
    }

    private static JsonObject Describe(string mediaType, byte[] content) => new()
    {
        ["mediaType"] = mediaType,
        ["digest"] = TestRegistry.DigestOf(content),
        ["size"] = content.Length,
    };
}
