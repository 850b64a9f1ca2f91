using System.Text.Json.Nodes;

namespace Casemate.Images.Gramine;

public sealed partial class EnclaveImagePlanner
{
    // What the overlay names is hashed here; a hash that it gives must be the file's.
    private static void TakeTrustedFiles(JsonObject overlay, TrustedFileSet trusted)
    {
        if ((overlay["sgx"] as JsonObject)?["trusted_files"] is not { } listed)
        {
            return;
        }

        overlay["sgx"]!.AsObject().Remove("trusted_files");
        foreach (var entry in listed as JsonArray ?? throw Overlay(
            "sgx.trusted_files of the overlay is no list", "Write it as Gramine's manual does."))
        {
            var (uri, sha256) = entry switch
            {
                JsonValue value when value.TryGetValue(out string? plain) => (plain, null),
                JsonObject table when table.Count <= 2 && Text(table["uri"]) is { } name
                    && (table.Count == 1 || Text(table["sha256"]) is not null)
                    => (name, Text(table["sha256"])),
                _ => throw Overlay("an entry of sgx.trusted_files of the overlay is neither a file: URI nor a table with uri and sha256"),
            };
            var path = uri.StartsWith("file:/", StringComparison.Ordinal) ? uri["file:".Length..] : throw Overlay(
                $"'{Shown.Of(uri)}' of the overlay is no path from the root", "Write it as file:/PATH.");
            if (sha256 is null ? !trusted.AddPattern(path.Length > 1 ? path.TrimEnd('/') : path) : trusted.HashOf(path) is null)
            {
                throw Overlay($"the image has no file {Shown.Of(path)}, which the overlay trusts");
            }

            if (sha256 is not null)
            {
                if (!string.Equals(trusted.HashOf(path), sha256, StringComparison.OrdinalIgnoreCase))
                {
                    throw Overlay(
                        $"the overlay gives {Shown.Of(path)} the hash {Shown.Of(sha256)}, and the image's file has {trusted.HashOf(path)}");
                }

                trusted.Add(path);
            }
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static EnclaveImageException Overlay(string message, string? remedy = null) =>
        new(EnclaveImageError.InvalidOverlay, message, remedy);

    // Gramine accepts one way to give arguments; the overlay's counts.
    private static void TakeArguments(JsonObject manifest, JsonObject overlay, List<ManifestConflict> conflicts)
    {
        string[] ways = ["argv", "argv_src_file", "insecure__use_cmdline_argv"];
        if (overlay["loader"] is not JsonObject settings || Array.Find(ways, settings.ContainsKey) is not { } chosen
            || manifest["loader"] is not JsonObject loader)
        {
            return;
        }

        foreach (var way in ways.Where(way => !settings.ContainsKey(way) && loader.ContainsKey(way)))
        {
            conflicts.Add(new ManifestConflict($"loader.{way}", "generated", $"loader.{chosen}"));
            loader.Remove(way);
        }
    }
}
