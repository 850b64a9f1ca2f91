namespace Casemate.Kubernetes;

/// <summary>The pool that a ResourceSlice is a part of.</summary>
public sealed record ResourceSliceKindPool
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Only the slices of the highest one count.</summary>
    public long Generation { get; init; }

    /// <summary>How many slices it has.</summary>
    public long ResourceSliceCount { get; init; }
}
