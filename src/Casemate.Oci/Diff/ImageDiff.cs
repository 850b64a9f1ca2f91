using System.Text.Json;
using Casemate.Oci.Documents;
using Casemate.Oci.Files;

namespace Casemate.Oci.Diff;

/// <summary>What differs between two images, as data.</summary>
/// <param name="Settings">Settings, in the order of their names.</param>
/// <param name="Layers">Layers: first those that were removed, then those that were added.</param>
/// <param name="Files">Files, in the order of their paths' bytes.</param>
public sealed record ImageDiff(
    IReadOnlyList<SettingDifference> Settings, IReadOnlyList<LayerDifference> Layers, IReadOnlyList<FileDifference> Files)
{
    /// <summary>True when nothing differs.</summary>
    public bool IsEmpty => Settings.Count == 0 && Layers.Count == 0 && Files.Count == 0;

    /// <summary>Compares two images. Contents are compared by digest; nothing is written to disk. Where any layer is stored
    /// differently, all layers are read, and must be what their configuration promises.</summary>
    /// <param name="before">The first image.</param>
    /// <param name="after">The second image.</param>
    /// <param name="limits">What is read at most; null for <see cref="OciLimits.Default"/>.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="OciException">A layer of one of them cannot be read.</exception>
    public static async Task<ImageDiff> CompareAsync(Image before, Image after, OciLimits? limits, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        // The digests of the plain layers are the configuration's claim until the layers are read. Only the same stored bytes need no
        // reading.
        var isSame = before.Config.DiffIds.SequenceEqual(after.Config.DiffIds)
            && before.Manifest.Layers.Select(layer => layer.Digest).SequenceEqual(after.Manifest.Layers.Select(layer => layer.Digest));
        var files = isSame ? [] : await CompareFilesAsync(before, after, limits ?? OciLimits.Default, cancel).ConfigureAwait(false);
        return new ImageDiff(CompareSettings(SettingsOf(before), SettingsOf(after)), CompareLayers(before, after), files);
    }

    private static List<SettingDifference> CompareSettings(SortedDictionary<string, string> before, SortedDictionary<string, string> after) =>
    [
        .. before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => new SettingDifference(name, before.GetValueOrDefault(name), after.GetValueOrDefault(name)))
            .Where(setting => setting.Before != setting.After),
    ];

    private static List<LayerDifference> CompareLayers(Image before, Image after) =>
        [.. Missing(ChangeKind.Removed, before, after), .. Missing(ChangeKind.Added, after, before)];

    private static IEnumerable<LayerDifference> Missing(ChangeKind kind, Image image, Image other)
    {
        var shared = other.Config.DiffIds.ToHashSet();
        return image.Config.DiffIds.Select((diffId, i) => new LayerDifference(kind, i + 1, image.Manifest.Layers[i], diffId))
            .Where(layer => !shared.Contains(layer.DiffId));
    }

    private static async Task<IReadOnlyList<FileDifference>> CompareFilesAsync(
        Image before, Image after, OciLimits limits, CancellationToken cancel)
    {
        var options = new ImageFileSystemOptions { KeepContent = false, Limits = limits };
        using var first = await ImageFileSystem.OpenAsync(before, options, cancel).ConfigureAwait(false);
        using var second = await ImageFileSystem.OpenAsync(after, options, cancel).ConfigureAwait(false);
        var old = first.Entries.ToDictionary(entry => entry.Path, FileState.Of, StringComparer.Ordinal);
        var differences = new List<FileDifference>();
        foreach (var entry in second.Entries)
        {
            var (path, state) = (entry.Path, FileState.Of(entry));
            if (!old.Remove(path, out var was))
            {
                differences.Add(new FileDifference(path, ChangeKind.Added, null, state));
            }
            else if (was != state)
            {
                differences.Add(new FileDifference(path, ChangeKind.Changed, was, state));
            }
        }

        differences.AddRange(old.Select(entry => new FileDifference(entry.Key, ChangeKind.Removed, entry.Value, null)));
        return [.. differences.OrderBy(difference => difference.Path, Utf8Order.Instance)];
    }

    private static SortedDictionary<string, string> SettingsOf(Image image)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var (config, container) = (image.Config, image.Config.Config);
        Add("platform", config.Platform.ToString());
        Add("created", config.Created);
        Add("author", config.Author);
        Add("user", container.User);
        Add("entrypoint", List(container.Entrypoint));
        Add("cmd", List(container.Cmd));
        Add("working directory", container.WorkingDir);
        Add("stop signal", container.StopSignal);
        foreach (var variable in container.Env)
        {
            var equals = variable.IndexOf('=');
            Add("env " + (equals < 0 ? variable : variable[..equals]), equals < 0 ? "" : variable[(equals + 1)..]);
        }

        container.ExposedPorts.ToList().ForEach(port => settings["port " + port] = "");
        container.Volumes.ToList().ForEach(volume => settings["volume " + volume] = "");
        AddAll("label ", container.Labels);
        AddAll("annotation ", image.Manifest.Annotations);
        AddOther("", config.Other);
        AddOther("config ", container.Other);
        return settings;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                settings[name] = value;
            }
        }

        void AddAll(string prefix, IReadOnlyDictionary<string, string> values)
        {
            foreach (var (name, value) in values)
            {
                settings[prefix + name] = value;
            }
        }

        void AddOther(string prefix, IReadOnlyDictionary<string, JsonElement> values)
        {
            foreach (var (name, value) in values)
            {
                settings[$"other {prefix}{name}"] = value.GetRawText();
            }
        }
    }

    // As JSON, so that ["a b"] and ["a", "b"] differ.
    private static string? List(IReadOnlyList<string> values) => values.Count == 0 ? null
        : System.Text.Encoding.UTF8.GetString(DocumentWriter.Value(json =>
        {
            json.WriteStartArray();
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }));
}
