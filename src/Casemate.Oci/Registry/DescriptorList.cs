using System.Buffers;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Registry;

/// <summary>
/// A list of referrers: an image index of which the client needs the descriptors alone. Source: OCI Distribution Specification 1.1,
/// "Listing Referrers".
/// </summary>
internal static class DescriptorList
{
    /// <summary>Reads the descriptors; null when the document is not an index, or is malformed.</summary>
    public static List<Descriptor>? Read(ReadOnlyMemory<byte> json, int maxEntries)
    {
        if (!StrictJson.TryParse(json, out var document, out _))
        {
            return null;
        }

        using (document)
        {
            if (document.RootElement.ValueKind is not JsonValueKind.Object
                || !document.RootElement.TryGetProperty("manifests", out var manifests)
                || manifests.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
            {
                return null;
            }

            var found = new List<Descriptor>();
            foreach (var item in manifests.ValueKind is JsonValueKind.Array ? manifests.EnumerateArray() : default)
            {
                if (found.Count == maxEntries || ReadOne(item) is not { } descriptor)
                {
                    return null;
                }

                found.Add(descriptor);
            }

            return found;
        }
    }

    /// <summary>Writes an index of descriptors.</summary>
    public static byte[] Write(IReadOnlyList<Descriptor> descriptors)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaTypes.Index);
            json.WriteStartArray("manifests");
            foreach (var descriptor in descriptors)
            {
                WriteOne(json, descriptor);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What a manifest says about itself as a referrer: its subject, and the descriptor under which the subject lists it.</summary>
    public static (Digest? Subject, Descriptor Entry) OfManifest(Descriptor manifest, ReadOnlyMemory<byte> content)
    {
        if (!StrictJson.TryParse(content, out var document, out _))
        {
            return (null, manifest);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("subject", out var subject) || ReadOne(subject) is not { } found)
            {
                return (null, manifest);
            }

            var type = Text(root, "artifactType")
                ?? (root.TryGetProperty("config", out var config) && config.ValueKind is JsonValueKind.Object ? Text(config, "mediaType") : null);
            return (found.Digest, manifest with { ArtifactType = type, Annotations = Annotations(root) });
        }
    }

    private static Descriptor? ReadOne(JsonElement item)
    {
        if (item.ValueKind is not JsonValueKind.Object || Text(item, "mediaType") is not { } mediaType
            || !Digest.TryParse(Text(item, "digest"), out var digest)
            || !item.TryGetProperty("size", out var size) || size.ValueKind is not JsonValueKind.Number
            || !size.TryGetInt64(out var bytes) || bytes < 0)
        {
            return null;
        }

        return new Descriptor(mediaType, digest, bytes) { ArtifactType = Text(item, "artifactType"), Annotations = Annotations(item) };
    }

    private static Dictionary<string, string> Annotations(JsonElement item)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        if (item.TryGetProperty("annotations", out var annotations) && annotations.ValueKind is JsonValueKind.Object)
        {
            foreach (var member in annotations.EnumerateObject().Where(member => member.Value.ValueKind is JsonValueKind.String))
            {
                found[member.Name] = member.Value.GetString()!;
            }
        }

        return found;
    }

    private static void WriteOne(Utf8JsonWriter json, Descriptor descriptor)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", descriptor.MediaType);
        json.WriteString("digest", descriptor.Digest.Text);
        json.WriteNumber("size", descriptor.Size);
        if (descriptor.ArtifactType is { } type)
        {
            json.WriteString("artifactType", type);
        }

        if (descriptor.Annotations.Count > 0)
        {
            json.WriteStartObject("annotations");
            foreach (var (name, value) in descriptor.Annotations.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
