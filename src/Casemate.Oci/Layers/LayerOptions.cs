namespace Casemate.Oci.Layers;

/// <summary>How a layer is written.</summary>
public sealed record LayerOptions
{
    /// <summary>Compressed with gzip, at this time stamp zero.</summary>
    public static LayerOptions Default { get; } = new();

    /// <summary>True to compress with gzip; false for a plain tar archive.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>The time of modification that every entry gets, in seconds since 1970 (<c>SOURCE_DATE_EPOCH</c>); 0 unless given.</summary>
    public long ModifiedSeconds { get; init; }

    /// <summary>True to add the directories that lead to the entries where nobody named them (0755, owner 0).</summary>
    public bool AddParents { get; init; } = true;
}
