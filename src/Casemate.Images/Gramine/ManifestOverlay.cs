using System.Text.Json.Nodes;
using Casemate.Primitives.Toml;

namespace Casemate.Images.Gramine;

/// <summary>Merges a user's settings over a generated manifest: tables are united, lists of files and mounts joined, all else
/// replaced.</summary>
internal static class ManifestOverlay
{
    /// <summary>The longest overlay, in characters.</summary>
    public const int MaxLength = 1024 * 1024;

    private static readonly string[] s_joined = ["fs.mounts", "sgx.allowed_files", "sys.allowed_ioctls"];

    // These are replaced whole: a release may want text where another wants a table.
    private static readonly string[] s_whole = ["loader.entrypoint", "fs.root"];

    /// <summary>Reads an overlay.</summary>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.InvalidOverlay"/>.</exception>
    public static JsonObject Read(string text) => TomlDocument.TryParse(text, MaxLength, out var root, out var error) ? root
        : throw new EnclaveImageException(EnclaveImageError.InvalidOverlay, $"the manifest overlay is no TOML: {error}");

    /// <summary>Merges.</summary>
    /// <param name="manifest">The generated manifest, which is changed.</param>
    /// <param name="overlay">What is merged over it.</param>
    /// <returns>The settings that were replaced.</returns>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.InvalidOverlay"/>: a table stands where a value is, or the
    /// reverse.</exception>
    public static IReadOnlyList<ManifestConflict> Merge(JsonObject manifest, JsonObject overlay)
    {
        var conflicts = new List<ManifestConflict>();
        Merge(manifest, overlay, "", conflicts);
        return conflicts;
    }

    private static void Merge(JsonObject into, JsonObject from, string prefix, List<ManifestConflict> conflicts)
    {
        foreach (var (key, value) in from)
        {
            var path = prefix + key;
            if (into[key] is not { } generated)
            {
                into[key] = value!.DeepClone();
            }
            else if (s_whole.Contains(path, StringComparer.Ordinal))
            {
                Replace(into, key, path, generated, value!, conflicts);
            }
            else if (generated is JsonObject table && value is JsonObject other)
            {
                // A variable of the environment is one value, however it is written.
                if (prefix == "loader.env.")
                {
                    Replace(into, key, path, generated, value, conflicts);
                }
                else
                {
                    Merge(table, other, path + ".", conflicts);
                }
            }
            else if (generated is JsonArray list && value is JsonArray more && s_joined.Contains(path, StringComparer.Ordinal))
            {
                Join(list, more, path, conflicts);
            }
            else if (
                prefix != "loader.env." && (generated is JsonObject != value is JsonObject || generated is JsonArray != value is JsonArray))
            {
                throw new EnclaveImageException(
                    EnclaveImageError.InvalidOverlay,
                        $"{Shown.Of(path)} of the overlay is of another kind than the generated one, {Text(generated)}",
                    "Write it as Gramine's manual does for the release.");
            }
            else
            {
                Replace(into, key, path, generated, value!, conflicts);
            }
        }
    }

    private static void Replace(
        JsonObject into, string key, string path, JsonNode generated, JsonNode value, List<ManifestConflict> conflicts)
    {
        if (!JsonNode.DeepEquals(generated, value))
        {
            conflicts.Add(new ManifestConflict(path, Text(generated), Text(value)));
            into[key] = value.DeepClone();
        }
    }

    // An entry of the overlay stands in place of the one for the same path or file.
    private static void Join(JsonArray list, JsonArray more, string path, List<ManifestConflict> conflicts)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            if (Identity(list[i]) is { } known)
            {
                places[known] = i;
            }
        }

        foreach (var entry in more)
        {
            var identity = Identity(entry);
            if (identity is null || !places.TryGetValue(identity, out var at))
            {
                if (identity is not null)
                {
                    places[identity] = list.Count;
                }

                list.Add(entry!.DeepClone());
            }
            else if (!JsonNode.DeepEquals(list[at], entry))
            {
                conflicts.Add(new ManifestConflict($"{path} {identity}", Text(list[at]!), Text(entry!)));
                list[at] = entry!.DeepClone();
            }
        }
    }

    private static string? Identity(JsonNode? entry) => entry switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonObject table when table["path"] is JsonValue path && path.TryGetValue(out string? text) => text,
        JsonObject table when table["uri"] is JsonValue uri && uri.TryGetValue(out string? text) => text,
        _ => null,
    };

    private static string Text(JsonNode value) =>
        Shown.Of(
            TomlWriter.Write(new JsonObject { ["v"] = new JsonArray(value.DeepClone()) }).Trim()["v = [".Length..^1].Trim().TrimEnd(','));
}
