namespace Casemate.Kubernetes;

/// <summary>How a list of objects is applied.</summary>
public sealed record ManifestApplyOptions
{
    /// <summary>The defaults.</summary>
    public static readonly ManifestApplyOptions Default = new();

    /// <summary>Who applies; null: the client's own name. Default null.</summary>
    public string? FieldManager { get; init; }

    /// <summary>Take fields over from other managers instead of failing. Default false.</summary>
    public bool Force { get; init; }

    /// <summary>The namespace of objects that name none; null: that of the client's configuration. Default null.</summary>
    public string? Namespace { get; init; }

    /// <summary>How it is remembered what was made; null: not at all. Default null.</summary>
    public ManifestInventory? Inventory { get; init; }

    /// <summary>Remove what the inventory lists and these objects no longer hold. Default true.</summary>
    public bool Prune { get; init; } = true;

    /// <summary>How long a new kind may take until the server serves it. Default 1 minute.</summary>
    public TimeSpan EstablishLimit { get; init; } = TimeSpan.FromMinutes(1);
}
