using System.Text.Json;

namespace Casemate.Oci.Documents;

/// <summary>How one layer came about. Source: OCI Image Format Specification 1.1, config.md, "history".</summary>
public sealed record HistoryEntry
{
    /// <summary>When, as RFC 3339 writes it; null where the entry does not say.</summary>
    public string? Created { get; init; }

    /// <summary>The command that made the layer; null where the entry does not say.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Who made the layer; null where the entry does not say.</summary>
    public string? Author { get; init; }

    /// <summary>A remark; null where there is none.</summary>
    public string? Comment { get; init; }

    /// <summary>True when the step changed no file, and so has no layer.</summary>
    public bool EmptyLayer { get; init; }

    internal static HistoryEntry Read(ObjectReader from)
    {
        var entry = new HistoryEntry
        {
            Created = from.Text("created", 64),
            CreatedBy = from.Text("created_by"),
            Author = from.Text("author"),
            Comment = from.Text("comment"),
            EmptyLayer = from.Flag("empty_layer"),
        };
        _ = from.Rest();
        return entry;
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        DocumentWriter.Text(json, "created", Created);
        DocumentWriter.Text(json, "created_by", CreatedBy);
        DocumentWriter.Text(json, "author", Author);
        DocumentWriter.Text(json, "comment", Comment);
        if (EmptyLayer)
        {
            json.WriteBoolean("empty_layer", true);
        }

        json.WriteEndObject();
    }
}
