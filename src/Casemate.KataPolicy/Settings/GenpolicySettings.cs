using System.Text;
using System.Text.Json;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using Casemate.Primitives.Files;
using Casemate.Primitives.Json;
using Casemate.Rego;

namespace Casemate.KataPolicy.Settings;

/// <summary>
/// Reads settings of genpolicy onto a profile: <c>genpolicy-settings.json</c> of any version since 3.2, and the patches (RFC 6902) of
/// <c>genpolicy-settings.d</c> in the order of their names. What a file does not say stays as the profile has it.
/// </summary>
public static partial class GenpolicySettings
{
    /// <summary>The name of the settings file in a directory.</summary>
    public const string FileName = "genpolicy-settings.json";

    /// <summary>The name of the directory of patches beside it.</summary>
    public const string PatchDirectoryName = "genpolicy-settings.d";

    /// <summary>The size of a settings file or a patch at most, and of settings with all patches applied: 1 MiB.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The operations of all patches together at most.</summary>
    public const int MaxOperations = 1000;

    private const int MaxPatches = 200;

    /// <summary>Reads a settings file, or a directory that holds one and perhaps patches.</summary>
    /// <param name="path">The file or directory.</param>
    /// <param name="onto">The profile that the settings change.</param>
    public static SettingsReading Load(string path, RuntimeProfile onto)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(onto);
        try
        {
            if (!Directory.Exists(path))
            {
                return Read(WholeFile.Read(path, MaxBytes), path, onto);
            }

            var file = Path.Combine(path, FileName);
            var patchDirectory = Path.Combine(path, PatchDirectoryName);
            var patches = Directory.Exists(patchDirectory)
                ? Directory.EnumerateFiles(patchDirectory, "*.json").Order(StringComparer.Ordinal).Take(MaxPatches + 1).ToArray()
                : [];
            if (patches.Length > MaxPatches)
            {
                return Failed(patchDirectory, $"there are more than {MaxPatches} patches", "Join them into fewer files");
            }

            return Read(
                WholeFile.Read(file, MaxBytes), file, onto,
                [.. patches.Select(patch => (patch, (ReadOnlyMemory<byte>)WholeFile.Read(patch, MaxBytes)))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FileTooLargeException or ArgumentException)
        {
            var problem = e switch
            {
                FileNotFoundException or DirectoryNotFoundException => Directory.Exists(path) ? $"the directory has no {FileName}" : "no such file",
                UnauthorizedAccessException => "no permission",
                FileTooLargeException => $"there are more than {MaxBytes >> 20} MiB, which are the most that is read",
                _ => e.Message,
            };
            return Failed(path, $"the settings cannot be read: {problem}", $"Name a file, or a directory that holds {FileName}");
        }
    }

    /// <summary>Reads settings from memory.</summary>
    /// <param name="utf8Json">The settings, UTF-8.</param>
    /// <param name="file">How they are named in findings.</param>
    /// <param name="onto">The profile that the settings change.</param>
    /// <param name="patches">Patches with their names, applied in this order.</param>
    public static SettingsReading Read(
        ReadOnlyMemory<byte> utf8Json, string file, RuntimeProfile onto,
        params IReadOnlyList<(string Name, ReadOnlyMemory<byte> Utf8Json)> patches)
    {
        ArgumentNullException.ThrowIfNull(onto);
        ArgumentNullException.ThrowIfNull(patches);
        var effective = utf8Json;
        if (patches.Count > 0)
        {
            if (!RegoValue.TryReadJson(utf8Json, out var value, out var problem))
            {
                return Malformed(file, utf8Json.Span, problem, "Correct the file");
            }

            var state = new RegoState(value);
            var applied = 0;
            foreach (var (name, patch) in patches)
            {
                if (!RegoValue.TryReadJson(patch, out var operations, out problem))
                {
                    return Malformed(name, patch.Span, problem, "Write a list of operations of RFC 6902");
                }

                applied += operations is RegoArray list ? list.Count : 0;
                if (applied > MaxOperations)
                {
                    return Failed(name, $"with this patch there are {applied} operations, and {MaxOperations} is the limit", "Change the file itself");
                }

                if (state.TryApply(operations, out problem) is not { } next)
                {
                    return Failed(name, $"the patch cannot be applied: {problem}", $"Compare its paths with {file}");
                }

                state = next;
            }

            // Copies share what they copy: thirty of them can stand for gigabytes of text, so it is counted before it is written.
            if (!SettingsSize.IsWithin(state.Data, MaxBytes))
            {
                return Failed(file, $"with its patches the settings have more than {MaxBytes >> 20} MiB", "Look for operations that copy");
            }

            effective = Encoding.UTF8.GetBytes(state.Data.ToJson());
        }

        if (!StrictJson.TryParse(effective, out var document, out var error))
        {
            return Malformed(file, effective.Span, error, "Correct the file");
        }

        using (document)
        {
            var findings = new List<PolicyFinding>();
            if (document.RootElement.ValueKind is not JsonValueKind.Object)
            {
                return Failed(file, "the settings are not an object", $"Start from the {FileName} of your version of Kata");
            }

            var profile = ReadProfile(new SettingsObject(document.RootElement, "", findings), onto);
            return new SettingsReading(
                findings.Exists(finding => finding.Severity is FindingSeverity.Error) ? null : profile,
                [.. Shortened(findings).Select(finding => Located(finding, utf8Json.Span, file))]);
        }
    }

    // Nobody reads thousands of lines, and each of them is looked up in the text. An error is never among those left out.
    private static IEnumerable<PolicyFinding> Shortened(List<PolicyFinding> findings) => findings.Count <= ManifestLimits.MaxFindings
        ? findings
        : findings.OrderBy(finding => finding.Severity is FindingSeverity.Error ? 0 : 1).Take(ManifestLimits.MaxFindings).Append(
            PolicyFinding.Warning("", $"{findings.Count - ManifestLimits.MaxFindings} more findings are left out", "Correct these first"));

    // A member that a patch added stands in no line of the file.
    private static PolicyFinding Located(PolicyFinding finding, ReadOnlySpan<byte> utf8Json, string file) =>
        SettingsPlaces.Find(utf8Json, finding.Path) is { } place
            ? finding with { Location = new SourceLocation(file, place.Line, place.Column) }
            : finding;

    // The place that the sentence names is the place of the finding.
    private static SettingsReading Malformed(string file, ReadOnlySpan<byte> utf8Json, string problem, string remedy)
    {
        var (line, column) = SettingsPlaces.FindFault(utf8Json) ?? (1, 1);
        return new(null, [PolicyFinding.Error("", problem, remedy) with { Location = new SourceLocation(file, line, column) }]);
    }

    private static SettingsReading Failed(string file, string message, string remedy) =>
        new(null, [PolicyFinding.Error("", message, remedy) with { Location = new SourceLocation(file, 1, 1) }]);
}
