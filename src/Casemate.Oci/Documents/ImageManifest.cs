using System.Diagnostics.CodeAnalysis;

namespace Casemate.Oci.Documents;

/// <summary>
/// What one image consists of: its configuration and its layers, the lowest first. Sources: OCI Image Format Specification 1.1,
/// manifest.md; Docker Image Manifest V2, Schema 2, which has the same members.
/// </summary>
public sealed record ImageManifest
{
    /// <summary>The media type: <see cref="MediaTypes.Manifest"/>, or Docker's.</summary>
    public string MediaType { get; init; } = MediaTypes.Manifest;

    /// <summary>The configuration.</summary>
    public required Descriptor Config { get; init; }

    /// <summary>The layers, the lowest first.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    /// <summary>The kind of artifact; null for an ordinary image.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>The manifest that this one says something about, such as the image that it signs; null for an ordinary image.</summary>
    public Descriptor? Subject { get; init; }

    /// <summary>Annotations; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">The document.</param>
    /// <param name="manifest">The manifest; null when the document is none.</param>
    /// <param name="problem">What is wrong and where; null after success.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out ImageManifest? manifest, [NotNullWhen(false)] out string? problem,
        OciLimits? limits = null)
    {
        limits ??= OciLimits.Default;
        manifest = ObjectReader.Read(json, limits.MaxManifestBytes, root => Read(root, limits), out problem);
        return manifest is not null;
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">The document.</param>
    /// <param name="name">How the document is named in messages.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <exception cref="OciException"><see cref="OciError.MalformedDocument"/>: it is none; the message says why.</exception>
    public static ImageManifest Parse(ReadOnlyMemory<byte> json, string name, OciLimits? limits = null) =>
        TryRead(json, out var manifest, out var problem, limits)
            ? manifest
            : throw new OciException(OciError.MalformedDocument, $"{Quoted.Of(name)} is not an image manifest: {problem}");

    /// <summary>Writes the document; the same manifest gives the same bytes on every machine.</summary>
    public byte[] Write() => DocumentWriter.Object(json =>
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaType);
        DocumentWriter.Text(json, "artifactType", ArtifactType);
        json.WritePropertyName("config");
        DescriptorJson.Write(json, Config);
        DescriptorJson.Write(json, "layers", Layers);
        if (Subject is not null)
        {
            json.WritePropertyName("subject");
            DescriptorJson.Write(json, Subject);
        }

        DocumentWriter.Map(json, "annotations", Annotations);
    });

    private static ImageManifest? Read(ObjectReader root, OciLimits limits)
    {
        if (root.RequiredNumber("schemaVersion", int.MaxValue) != 2)
        {
            root.Fail("schemaVersion", "is not 2");
        }

        // Without a media type inside, a document that is a manifest and an index at once means one thing to one reader and
        // something else to another (CVE-2021-41190).
        if (root.Has("manifests"))
        {
            root.Fail("has a list of manifests, and so is an index as well");
        }

        var mediaType = root.Text("mediaType", 255) ?? MediaTypes.Manifest;
        if (!MediaTypes.IsManifest(mediaType))
        {
            root.Fail("mediaType", $"is '{Quoted.Of(mediaType)}'");
        }

        var config = DescriptorJson.ReadRequired(root, "config", limits);
        var manifest = config is null ? null : new ImageManifest
        {
            MediaType = mediaType,
            Config = config,
            Layers = DescriptorJson.ReadList(root, "layers", limits.MaxLayers, limits),
            ArtifactType = DescriptorJson.ReadMediaType(root, "artifactType", required: false),
            Subject = DescriptorJson.ReadOptional(root, "subject", limits),
            Annotations = root.Map("annotations"),
        };
        _ = root.Rest();
        return manifest;
    }
}
