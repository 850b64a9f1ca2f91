using System.Buffers;
using System.Text.Json;
using Casemate.Oci.Documents;
using Casemate.Oci.Streams;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Where signatures of an image are kept beside it. Sources: cosign, SIGNATURE_SPEC.md and BUNDLE_SPEC.md; OCI Distribution
/// Specification 1.1, "Listing Referrers".
/// </summary>
internal static class SignatureStore
{
    /// <summary>The kind of artifact of a manifest that holds simple signatures and refers to the signed image.</summary>
    public const string CosignArtifact = "application/vnd.dev.cosign.artifact.sig.v1+json";

    /// <summary>The tag under which cosign keeps the signatures of an image.</summary>
    /// <exception cref="OciException"><see cref="OciError.Unsupported"/>: the digest is not SHA-256.</exception>
    public static string TagOf(Digest image) =>
        image.Algorithm == "sha256" ? $"sha256-{image.Hex}.sig" : throw new OciException(
            OciError.Unsupported, $"{image} has no signatures: they name images by SHA-256");

    /// <summary>The manifest that a tag names; null when there is no such tag.</summary>
    public static async Task<ImageManifest?> FindAsync(IImageSource source, string tag, OciLimits limits, CancellationToken cancel)
    {
        Descriptor descriptor;
        try
        {
            descriptor = await source.ResolveAsync(tag, cancel).ConfigureAwait(false);
        }
        catch (OciException e) when (e.Error is OciError.NotFound)
        {
            return null;
        }

        return await ReadAsync(source, descriptor, limits, cancel).ConfigureAwait(false);
    }

    /// <summary>Reads a manifest.</summary>
    public static async Task<ImageManifest> ReadAsync(IImageSource source, Descriptor descriptor, OciLimits limits, CancellationToken cancel) =>
        ImageManifest.Parse(
            await ContentAsync(source, descriptor, limits.MaxManifestBytes, cancel).ConfigureAwait(false), $"{source.Name}@{descriptor.Digest}", limits);

    /// <summary>Reads content of at most so many bytes.</summary>
    public static async Task<byte[]> ContentAsync(IImageSource source, Descriptor descriptor, int maxBytes, CancellationToken cancel)
    {
        if (descriptor.Size > maxBytes)
        {
            throw new OciException(
                OciError.LimitExceeded, $"{Quoted.Of(source.Name)}@{descriptor.Digest} has {descriptor.Size:N0} bytes, and {maxBytes:N0} is the limit");
        }

        await using var stream = await source.OpenAsync(descriptor, cancel).ConfigureAwait(false);
        return await StreamReading.AllAsync(stream, (int)descriptor.Size, cancel).ConfigureAwait(false);
    }

    /// <summary>Writes content unless it is there.</summary>
    public static async Task<Descriptor> WriteAsync(IImageTarget target, string mediaType, byte[] content, CancellationToken cancel)
    {
        var descriptor = Descriptor.Of(mediaType, content);
        if (!await target.ExistsAsync(descriptor, cancel).ConfigureAwait(false))
        {
            using var stream = new MemoryStream(content, writable: false);
            await target.WriteAsync(descriptor, stream, cancel).ConfigureAwait(false);
        }

        return descriptor;
    }

    /// <summary>The configuration of an image of signatures, with the members and in the order in which cosign's library writes them.</summary>
    public static byte[] Config(IReadOnlyList<Descriptor> layers)
    {
        const string Never = "0001-01-01T00:00:00Z";
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("architecture", "");
            json.WriteString("created", Never);
            json.WriteStartArray("history");
            foreach (var _ in layers)
            {
                json.WriteStartObject();
                json.WriteString("created", Never);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("os", "");
            json.WriteStartObject("rootfs");
            json.WriteString("type", "layers");
            json.WriteStartArray("diff_ids");
            foreach (var layer in layers)
            {
                json.WriteStringValue(layer.Digest.Text);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartObject("config");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
