using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Oci.Documents;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Layout;

/// <summary>
/// One image of the <c>manifest.json</c> that <c>docker save</c> writes. Source: Docker Image Specification 1.2, "Combined Image JSON +
/// Filesystem Changeset Format".
/// </summary>
/// <param name="Config">The configuration's path in the archive.</param>
/// <param name="RepoTags">The image's names, such as <c>app:1</c>; may be empty.</param>
/// <param name="Layers">The layers' paths in the archive, the lowest first.</param>
public sealed record DockerArchiveEntry(string Config, IReadOnlyList<string> RepoTags, IReadOnlyList<string> Layers)
{
    /// <summary>Reads the document.</summary>
    /// <param name="json">The document.</param>
    /// <param name="entries">The images; null when the document is none.</param>
    /// <param name="problem">What is wrong and where; null after success.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out IReadOnlyList<DockerArchiveEntry>? entries,
        [NotNullWhen(false)] out string? problem, OciLimits? limits = null)
    {
        limits ??= OciLimits.Default;
        entries = null;
        if (json.Length > limits.MaxManifestBytes)
        {
            problem = $"it has {json.Length} bytes, and {limits.MaxManifestBytes} is the limit";
            return false;
        }

        if (!StrictJson.TryParse(json, out var document, out problem))
        {
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() > limits.MaxIndexEntries)
            {
                problem = $"it is not a list of at most {limits.MaxIndexEntries} images";
                return false;
            }

            var found = new DocumentProblem();
            IReadOnlyList<DockerArchiveEntry> read = [.. ObjectReader.Elements(root, "", found).Select(image => Read(image, limits))];
            problem = found.Text;
            entries = problem is null ? read : null;
            return problem is null;
        }
    }

    internal static byte[] Write(IEnumerable<DockerArchiveEntry> entries) => DocumentWriter.Value(json =>
    {
        json.WriteStartArray();
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            json.WriteString("Config", entry.Config);
            DocumentWriter.Texts(json, "RepoTags", entry.RepoTags);
            json.WriteStartArray("Layers");
            foreach (var layer in entry.Layers)
            {
                json.WriteStringValue(layer);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static DockerArchiveEntry Read(ObjectReader from, OciLimits limits)
    {
        var entry = new DockerArchiveEntry(from.RequiredText("Config", 1024), from.Texts("RepoTags"), from.Texts("Layers"));
        if (entry.Layers.Count > limits.MaxLayers)
        {
            from.Fail("Layers", $"has {entry.Layers.Count} elements, and {limits.MaxLayers} is the limit");
        }

        _ = from.Rest();
        return entry;
    }
}
