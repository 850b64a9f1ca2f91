namespace Casemate.Kubernetes;

/// <summary>How what an inventory lists is removed.</summary>
public sealed record ManifestRemoveOptions
{
    /// <summary>The defaults.</summary>
    public static readonly ManifestRemoveOptions Default = new();

    /// <summary>Who applied it, whose name goes from the fields of adopted objects; null: the client's own name. Default null.</summary>
    public string? FieldManager { get; init; }

    /// <summary>What becomes of what the objects own. <c>Foreground</c> (default), <c>Background</c> or <c>Orphan</c>.</summary>
    public string PropagationPolicy { get; init; } = "Foreground";

    /// <summary>How long to wait, all in all, until everything is gone. Default 3 minutes.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How often it is looked whether an object is gone. Default 500 ms.</summary>
    public TimeSpan PollPeriod { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Look for objects with the inventory's label in every kind that <see cref="KubeResource.Known"/> names and the server serves, beside
    /// those that are listed. Default true.
    /// </summary>
    public bool Sweep { get; init; } = true;

    /// <summary>Objects that are to stay, such as definitions of kinds whose objects are the user's. Default: none.</summary>
    public Func<KubeObject, bool> Spare { get; init; } = static _ => false;

    /// <summary>
    /// Delete adopted objects as well, as the owner of those that were there before asks for it. Default false: they are let go.
    /// </summary>
    public bool DeleteAdopted { get; init; }

    /// <summary>Nothing is deleted; what would be is told. Default false.</summary>
    public bool DryRun { get; init; }
}
