using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Layout;
using Casemate.Primitives;

namespace Casemate.Cli.Image;

/// <summary>An image for people and programs. What comes from it is shown without anything that a terminal would obey.</summary>
/// <param name="Location">Where it was looked for.</param>
/// <param name="Named">What the name means: a manifest or an index.</param>
/// <param name="Index">The index; null where the name means a manifest.</param>
/// <param name="Image">The image that was chosen.</param>
/// <param name="Referrers">What refers to it; null: not asked.</param>
internal sealed record ShownImage(
    ImageLocation Location, Descriptor Named, ImageIndex? Index, Oci.Image Image, IReadOnlyList<Descriptor>? Referrers)
{
    /// <summary>Writes it for people.</summary>
    public void Write(ConsoleOutput console)
    {
        var (config, container) = (Image.Config, Image.Config.Config);
        Line("image", Location.ToString());
        Line("digest", Image.Descriptor.Digest.Text);
        if (Index is not null)
        {
            Line("chosen from", Named.Digest.Text);
            Line("platforms", string.Join(", ", Index.Manifests.Select(entry => entry.Platform?.ToString() ?? "unknown")));
        }

        Line("platform", config.Platform.ToString());
        Line("created", config.Created);
        Line("author", config.Author);
        Line("user", container.User ?? "root");
        Line("entrypoint", Command(container.Entrypoint));
        Line("command", Command(container.Cmd));
        Line("directory", container.WorkingDir);
        Lines("environment", container.Env);
        Lines("ports", container.ExposedPorts);
        Lines("volumes", container.Volumes);
        Lines("labels", container.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
        Lines("annotations", Image.Manifest.Annotations.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}"));
        Lines("referrers", Referrers?.Select(referrer => $"{referrer.Digest} {referrer.ArtifactType ?? referrer.MediaType}") ?? []);
        Line(
            "layers", $"{Image.Manifest.Layers.Count}, {ByteCount.Text(Image.Manifest.Layers.Sum(layer => layer.Size))} as they are stored");
        console.Out.WriteLine();
        var table = new TextTable("LAYER", "SIZE", "DIGEST", "TYPE");
        foreach (var (layer, i) in Image.Manifest.Layers.Select((layer, i) => (layer, i)))
        {
            table.Add(Tone.Plain, $"{i + 1}", ByteCount.Text(layer.Size), layer.Digest.Text, ErrorText.OneLine(layer.MediaType));
        }

        table.Write(console);

        void Line(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                console.Out.WriteLine($"{name,-12} {ErrorText.OneLine(value)}");
            }
        }

        void Lines(string name, IEnumerable<string> values)
        {
            foreach (var value in values)
            {
                Line(name, value);
                name = "";
            }
        }
    }

    /// <summary>Writes the members of a JSON object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        var (config, container) = (Image.Config, Image.Config.Config);
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("image", Location.ToString());
        json.WriteString("digest", Image.Descriptor.Digest.Text);
        json.WriteString("mediaType", Image.Descriptor.MediaType);
        if (Index is not null)
        {
            json.WriteStartObject("index");
            json.WriteString("digest", Named.Digest.Text);
            json.WriteString("mediaType", Named.MediaType);
            json.WriteStartArray("manifests");
            foreach (var entry in Index.Manifests)
            {
                json.WriteStartObject();
                json.WriteString("digest", entry.Digest.Text);
                json.WriteString("platform", entry.Platform?.ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteString("platform", config.Platform.ToString());
        json.WriteString("created", config.Created);
        json.WriteString("author", config.Author);
        json.WriteString("user", container.User);
        json.WriteString("workingDir", container.WorkingDir);
        Write(json, "entrypoint", container.Entrypoint);
        Write(json, "cmd", container.Cmd);
        Write(json, "env", container.Env);
        Write(json, "exposedPorts", container.ExposedPorts);
        Write(json, "volumes", container.Volumes);
        Write(json, "labels", container.Labels);
        Write(json, "annotations", Image.Manifest.Annotations);
        json.WriteStartArray("layers");
        foreach (var (layer, diffId) in Image.Manifest.Layers.Zip(config.DiffIds))
        {
            json.WriteStartObject();
            json.WriteString("digest", layer.Digest.Text);
            json.WriteString("diffId", diffId.Text);
            json.WriteString("mediaType", layer.MediaType);
            json.WriteNumber("size", layer.Size);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("layerBytes", Image.Manifest.Layers.Sum(layer => layer.Size));
        if (Referrers is not null)
        {
            json.WriteStartArray("referrers");
            foreach (var referrer in Referrers)
            {
                json.WriteStartObject();
                json.WriteString("digest", referrer.Digest.Text);
                json.WriteString("mediaType", referrer.MediaType);
                json.WriteString("artifactType", referrer.ArtifactType);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    private static string Command(IReadOnlyList<string> words) => string.Join(' ', words.Select(ShellWord.Of));

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> values)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }
}
