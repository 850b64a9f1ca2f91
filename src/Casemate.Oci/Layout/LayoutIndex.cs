using System.Text.Json;
using Casemate.Oci.Documents;

namespace Casemate.Oci.Layout;

/// <summary>
/// The <c>index.json</c> of a layout. Entries that we do not change are written back as they were, with members that we do not know.
/// Source: OCI Image Format Specification 1.1, image-layout.md.
/// </summary>
internal sealed class LayoutIndex
{
    public const string RefName = "org.opencontainers.image.ref.name";
    private const string ContainerdName = "io.containerd.image.name";

    private readonly List<(Descriptor Descriptor, JsonElement? Raw)> _entries;

    private LayoutIndex(List<(Descriptor, JsonElement?)> entries) => _entries = entries;

    public static LayoutIndex Empty => new([]);

    public IEnumerable<Descriptor> Manifests => _entries.Select(entry => entry.Descriptor);

    public static string? NameOf(Descriptor descriptor) => descriptor.Annotations.GetValueOrDefault(RefName);

    /// <summary>Reads an index.</summary>
    /// <exception cref="OciException"><see cref="OciError.MalformedDocument"/>: it is none.</exception>
    public static LayoutIndex Parse(byte[] json, string name, OciLimits limits)
    {
        var index = ImageIndex.Parse(json, name, limits);
        using var document = JsonDocument.Parse(json);
        var raw = document.RootElement.GetProperty("manifests").EnumerateArray().Select(element => (JsonElement?)element.Clone());
        return new LayoutIndex([.. index.Manifests.Zip(raw)]);
    }

    /// <summary>The entries that a name means: by tag, by the name that containerd gives, or by digest.</summary>
    public IReadOnlyList<Descriptor> Find(string name) =>
        Manifests.Where(entry => NameOf(entry) == name) is var tagged && tagged.Any() ? [.. tagged]
        : [.. Manifests.Where(entry => entry.Annotations.GetValueOrDefault(ContainerdName) == name || entry.Digest.Text == name)];

    /// <summary>Lets a name mean a manifest; null adds the manifest without a name, if it is not there yet.</summary>
    public void Set(Descriptor descriptor, string? name)
    {
        if (name is null)
        {
            if (!Manifests.Any(entry => entry.Digest == descriptor.Digest))
            {
                _entries.Add((descriptor, null));
            }

            return;
        }

        var annotations = new Dictionary<string, string>(descriptor.Annotations) { [RefName] = name };
        annotations.Remove(ContainerdName);
        var place = _entries.FindIndex(entry => NameOf(entry.Descriptor) == name);
        _entries.RemoveAll(entry => NameOf(entry.Descriptor) == name);
        _entries.Insert(place < 0 ? _entries.Count : place, (descriptor with { Annotations = annotations }, null));
    }

    public byte[] Write() => DocumentWriter.Object(json =>
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.Index);
        json.WriteStartArray("manifests");
        foreach (var (descriptor, raw) in _entries)
        {
            if (raw is { } unchanged)
            {
                unchanged.WriteTo(json);
            }
            else
            {
                DescriptorJson.Write(json, descriptor);
            }
        }

        json.WriteEndArray();
    });
}
