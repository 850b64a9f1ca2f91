namespace Casemate.Kubernetes;

/// <summary>How fields are applied.</summary>
public sealed record KubeApplyOptions
{
    /// <summary>The defaults.</summary>
    public static readonly KubeApplyOptions Default = new();

    /// <summary>Take fields over from other managers instead of failing. Default false.</summary>
    public bool Force { get; init; }

    /// <summary>Such as <c>status</c>; null for the object itself. Default null.</summary>
    public string? Subresource { get; init; }

    /// <summary>Who applies; null: <see cref="KubeClientOptions.FieldManager"/>. Default null.</summary>
    public string? FieldManager { get; init; }

    /// <summary>The server does everything but keep the outcome: admission, conflicts, defaults. Default false.</summary>
    public bool DryRun { get; init; }
}
