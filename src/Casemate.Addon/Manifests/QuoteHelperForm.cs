namespace Casemate.Addon.Manifests;

/// <summary>The quote helper of one kind of node.</summary>
/// <param name="Name">The DaemonSet's name, and that of what its pods claim.</param>
/// <param name="Provider">The back end.</param>
internal sealed record QuoteHelperForm(string Name, string Provider)
{
    /// <summary>Lines of YAML that say what it is.</summary>
    public required string Comment { get; init; }

    /// <summary>The label of its nodes, with the value true.</summary>
    public required string NodeLabel { get; init; }

    /// <summary>Lines of its limits, for devices with the name of a resource.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>Its claim's requests; none: it claims nothing.</summary>
    public IReadOnlyList<(string Request, string DeviceClass)> Claims { get; init; } = [];

    /// <summary>What it is told besides what every helper is.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What it has of the node besides what every helper has.</summary>
    public IReadOnlyList<HostMount> Mounts { get; init; } = [];

    /// <summary>The end of the name by which its files differ from those of the helper for enclaves.</summary>
    public string Suffix => Name[QuoteHelperManifests.Name.Length..];
}
