using System.Diagnostics.CodeAnalysis;

namespace Casemate.Oci.Documents;

/// <summary>
/// A list of manifests, such as the same image for several platforms. Sources: OCI Image Format Specification 1.1, image-index.md;
/// Docker's manifest list, which has the same members.
/// </summary>
public sealed record ImageIndex
{
    /// <summary>The media type: <see cref="MediaTypes.Index"/>, or Docker's.</summary>
    public string MediaType { get; init; } = MediaTypes.Index;

    /// <summary>The manifests, in the document's order.</summary>
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    /// <summary>The kind of artifact; null for an ordinary image.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>The manifest that this index says something about; null for an ordinary one.</summary>
    public Descriptor? Subject { get; init; }

    /// <summary>Annotations; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>The first manifest for a platform; one that names no platform serves where there is no other.</summary>
    /// <returns>Null when the index has none.</returns>
    public Descriptor? Find(Platform platform) =>
        Manifests.FirstOrDefault(entry => entry.Platform is { } its && its.Serves(platform))
        ?? (Manifests is [{ Platform: null } only] ? only : null);

    /// <summary>Reads an index.</summary>
    /// <param name="json">The document.</param>
    /// <param name="index">The index; null when the document is none.</param>
    /// <param name="problem">What is wrong and where; null after success.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out ImageIndex? index, [NotNullWhen(false)] out string? problem,
        OciLimits? limits = null)
    {
        limits ??= OciLimits.Default;
        index = ObjectReader.Read(json, limits.MaxManifestBytes, root => Read(root, limits), out problem);
        return index is not null;
    }

    /// <summary>Reads an index.</summary>
    /// <param name="json">The document.</param>
    /// <param name="name">How the document is named in messages.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <exception cref="OciException"><see cref="OciError.MalformedDocument"/>: it is none; the message says why.</exception>
    public static ImageIndex Parse(ReadOnlyMemory<byte> json, string name, OciLimits? limits = null) =>
        TryRead(json, out var index, out var problem, limits)
            ? index
            : throw new OciException(OciError.MalformedDocument, $"{Quoted.Of(name)} is not an image index: {problem}");

    /// <summary>Writes the document; the same index gives the same bytes on every machine.</summary>
    public byte[] Write() => DocumentWriter.Object(json =>
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaType);
        DocumentWriter.Text(json, "artifactType", ArtifactType);
        DescriptorJson.Write(json, "manifests", Manifests);
        if (Subject is not null)
        {
            json.WritePropertyName("subject");
            DescriptorJson.Write(json, Subject);
        }

        DocumentWriter.Map(json, "annotations", Annotations);
    });

    private static ImageIndex Read(ObjectReader root, OciLimits limits)
    {
        if (root.RequiredNumber("schemaVersion", int.MaxValue) != 2)
        {
            root.Fail("schemaVersion", "is not 2");
        }

        // The counterpart of the check in ImageManifest.
        if (root.Has("layers") || root.Has("config"))
        {
            root.Fail("has layers or a configuration, and so is a manifest as well");
        }

        if (!root.Has("manifests"))
        {
            root.Fail("manifests", "is missing");
        }

        var mediaType = root.Text("mediaType", 255) ?? MediaTypes.Index;
        if (!MediaTypes.IsIndex(mediaType))
        {
            root.Fail("mediaType", $"is '{Quoted.Of(mediaType)}'");
        }

        var index = new ImageIndex
        {
            MediaType = mediaType,
            Manifests = DescriptorJson.ReadList(root, "manifests", limits.MaxIndexEntries, limits),
            ArtifactType = DescriptorJson.ReadMediaType(root, "artifactType", required: false),
            Subject = DescriptorJson.ReadOptional(root, "subject", limits),
            Annotations = root.Map("annotations"),
        };
        _ = root.Rest();
        return index;
    }
}
