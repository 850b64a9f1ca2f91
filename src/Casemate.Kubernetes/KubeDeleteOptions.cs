namespace Casemate.Kubernetes;

/// <summary>What must hold for a deletion, and what becomes of what the object owns.</summary>
public sealed record KubeDeleteOptions
{
    /// <summary>Delete only the object of this identity; null: whichever has the name. Default null.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only this version; null: any. Default null.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary><c>Background</c>, <c>Foreground</c> or <c>Orphan</c>; null: the kind's default. Default null.</summary>
    public string? PropagationPolicy { get; init; }

    /// <summary>The server does everything but delete. Default false.</summary>
    public bool DryRun { get; init; }

    /// <summary>Seconds that a pod is given to end; null: the kind's default. 0 does not wait for it. Default null.</summary>
    public int? GracePeriodSeconds { get; init; }
}
