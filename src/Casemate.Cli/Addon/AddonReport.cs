using System.Text.Json;
using Casemate.Addon;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Kubernetes;
using Casemate.Primitives;

namespace Casemate.Cli.Addon;

/// <summary>What installing would do and has done, for people and for programs.</summary>
/// <param name="Context">The running command.</param>
/// <param name="Options">What is installed.</param>
/// <param name="Choices">What was chosen and why.</param>
/// <param name="Plan">What changes.</param>
internal sealed record AddonReport(CommandContext Context, AddonOptions Options, IReadOnlyList<string> Choices, AddonPlan Plan)
{
    private const int MostFields = 3;

    private ConsoleOutput Console => Context.Console;

    /// <summary>The plan as a table.</summary>
    public void WritePlan()
    {
        if (Console.Format is not OutputFormat.Table)
        {
            return;
        }

        if (Plan.IsEmpty)
        {
            Console.Out.WriteLine("There is nothing to change.");
            return;
        }

        var table = new TextTable("PLAN", "OBJECT", "WHAT");
        foreach (var change in Plan.Changes.Where(change => change.Action is not ManifestAction.Keep))
        {
            table.Add(Tone.Plain, WordOf(change), PlaceOf(change), FieldsOf(change));
        }

        foreach (var removal in Plan.Removals)
        {
            table.Add(Tone.Caution, "remove", PlaceOf(removal), "no longer part of it");
        }

        table.Write(Console);
        if (Plan.Changes.Count(change => change.Action is ManifestAction.Keep) is > 0 and var kept)
        {
            Console.Out.WriteLine($"{Plural.Of(kept, "object")} as they shall be.");
        }
    }

    /// <summary>How the parts are, as a table.</summary>
    public void WriteResult(AddonStatus status)
    {
        if (Console.Format is OutputFormat.Table)
        {
            AddonStatusTables.WriteComponents(Console, status);
        }
    }

    /// <summary>All of it as one document; nothing where a table was asked for.</summary>
    public void WriteDocument(bool isDry, AddonStatus? status, string? next, string? back)
    {
        if (Console.Format is OutputFormat.Table)
        {
            return;
        }

        Console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteBoolean("dryRun", isDry);
            json.WriteString("overlay", AddonManifests.NameOf(Options.Overlay));
            json.WriteString("image", Options.Image);
            WriteTexts(json, "choices", Choices);
            json.WriteBoolean("nothingToChange", Plan.IsEmpty);
            json.WriteStartArray("plan");
            foreach (var change in Plan.Changes)
            {
                WriteStep(json, WordOf(change), change.Wanted.Kind, change.Namespace, change.Wanted.Name);
            }

            foreach (var removal in Plan.Removals)
            {
                WriteStep(json, "remove", removal.Resource.Kind, removal.Namespace, removal.Name);
            }

            json.WriteEndArray();
            if (status is not null)
            {
                AddonStatusTables.WriteComponents(json, status);
            }

            if (next is not null)
            {
                json.WriteString("next", next);
            }

            if (back is not null)
            {
                json.WriteString("back", back);
            }
        });
    }

    /// <summary>What keeps a part from being ready, one line each.</summary>
    public static IEnumerable<string> Hangs(AddonComponent component) =>
        [$"{component.Workload}: {component.Rollout.Message}", .. component.Hanging];

    /// <summary>Writes a list of texts.</summary>
    public static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>Kind, namespace and name of what is removed.</summary>
    public static string PlaceOf(ManifestRemoval removal) =>
        $"{removal.Resource.Kind} {(removal.Namespace is null ? "" : $"{removal.Namespace}/")}{removal.Name}";

    private static string PlaceOf(ManifestChange change) =>
        $"{change.Wanted.Kind} {(change.Namespace is null ? "" : $"{change.Namespace}/")}{change.Wanted.Name}";

    private static string WordOf(ManifestChange change) =>
        change.Action is ManifestAction.Change && IsAdopted(change) ? "adopt" : change.Action.ToString().ToLowerInvariant();

    // Something else made it: it is marked, so that it is let go and not deleted when the add-on goes.
    private static bool IsAdopted(ManifestChange change) =>
        change.Differences.Any(one => one.Path.Contains(ManifestInventory.AdoptedAnnotation, StringComparison.Ordinal) && one.Before is null);

    private static string FieldsOf(ManifestChange change)
    {
        if (change.Action is ManifestAction.Create)
        {
            return "";
        }

        var fields = change.Differences.Where(one => !one.Path.StartsWith("metadata", StringComparison.Ordinal)).ToList();
        return fields.Count == 0 ? "labels and annotations"
            : string.Join("; ", fields.Take(MostFields)) + (fields.Count > MostFields ? $"; {fields.Count - MostFields} more" : "");
    }

    private static void WriteStep(Utf8JsonWriter json, string action, string kind, string? space, string name)
    {
        json.WriteStartObject();
        json.WriteString("action", action);
        json.WriteString("kind", kind);
        if (space is not null)
        {
            json.WriteString("namespace", space);
        }

        json.WriteString("name", name);
        json.WriteEndObject();
    }
}
