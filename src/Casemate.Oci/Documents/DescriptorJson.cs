using System.Text.Json;

namespace Casemate.Oci.Documents;

/// <summary>How descriptors and platforms stand in documents. Source: OCI Image Format Specification 1.1, descriptor.md.</summary>
internal static class DescriptorJson
{
    /// <summary>Reads a descriptor.</summary>
    public static Descriptor? Read(ObjectReader from, OciLimits limits)
    {
        var mediaType = ReadMediaType(from, "mediaType", required: true);
        var digest = from.RequiredDigest("digest");
        var size = from.RequiredNumber("size", limits.MaxBlobBytes);
        var result = digest is null || mediaType is null ? null : new Descriptor(mediaType, digest, size)
        {
            Annotations = from.Map("annotations"),
            ArtifactType = ReadMediaType(from, "artifactType", required: false),
            Platform = from.Object("platform") is { } platform ? ReadPlatform(platform) : null,
        };
        _ = from.Rest();
        return result;
    }

    /// <summary>Reads a descriptor that must be there.</summary>
    public static Descriptor? ReadRequired(ObjectReader parent, string name, OciLimits limits)
    {
        var value = ReadOptional(parent, name, limits);
        if (value is null)
        {
            parent.Fail(name, "is missing");
        }

        return value;
    }

    /// <summary>Reads a descriptor that may be absent.</summary>
    public static Descriptor? ReadOptional(ObjectReader parent, string name, OciLimits limits) =>
        parent.Object(name) is { } from ? Read(from, limits) : null;

    /// <summary>Reads a list of descriptors.</summary>
    public static IReadOnlyList<Descriptor> ReadList(ObjectReader parent, string name, int maxCount, OciLimits limits) =>
        [.. parent.Objects(name, maxCount).Select(item => Read(item, limits)).OfType<Descriptor>()];

    /// <summary>Reads a media type: two names with a slash between them (RFC 6838, section 4.2), and nothing that a header would mind.</summary>
    public static string? ReadMediaType(ObjectReader from, string name, bool required)
    {
        var text = required ? from.RequiredText(name, 255) : from.Text(name, 255);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var slash = text.IndexOf('/');
        if (slash <= 0 || slash == text.Length - 1 || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.LastIndexOf('/') != slash)
        {
            from.Fail(name, "is not a media type");
            return null;
        }

        return text;
    }

    /// <summary>Writes a descriptor, its members in the specification's order.</summary>
    public static void Write(Utf8JsonWriter json, Descriptor descriptor)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", descriptor.MediaType);
        json.WriteString("digest", descriptor.Digest.Text);
        json.WriteNumber("size", descriptor.Size);
        if (descriptor.Platform is { } platform)
        {
            json.WriteStartObject("platform");
            json.WriteString("architecture", platform.Architecture);
            json.WriteString("os", platform.Os);
            DocumentWriter.Text(json, "variant", platform.Variant);
            json.WriteEndObject();
        }

        DocumentWriter.Text(json, "artifactType", descriptor.ArtifactType);
        DocumentWriter.Map(json, "annotations", descriptor.Annotations);
        json.WriteEndObject();
    }

    /// <summary>Writes a list of descriptors.</summary>
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<Descriptor> descriptors)
    {
        json.WriteStartArray(name);
        foreach (var descriptor in descriptors)
        {
            Write(json, descriptor);
        }

        json.WriteEndArray();
    }

    private static Platform ReadPlatform(ObjectReader from)
    {
        var platform = new Platform(from.Text("os", 64) ?? "", from.Text("architecture", 64) ?? "", NullIfEmpty(from.Text("variant", 64)));
        _ = from.Rest();
        return platform;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
