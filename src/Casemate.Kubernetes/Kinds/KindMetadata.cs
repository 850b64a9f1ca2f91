namespace Casemate.Kubernetes;

/// <summary>What every object says about itself. Source: meta/v1, <c>ObjectMeta</c>.</summary>
public sealed record KindMetadata
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its namespace; null when it has none.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its identity.</summary>
    public string Uid { get; init => field = value ?? ""; } = "";

    /// <summary>Its version, an opaque word.</summary>
    public string ResourceVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Rises with every change of the spec.</summary>
    public long Generation { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>Its annotations.</summary>
    public IReadOnlyDictionary<string, string> Annotations
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>The objects with which it goes.</summary>
    public IReadOnlyList<KindOwner> OwnerReferences { get; init => field = value ?? []; } = [];

    /// <summary>When it is to be gone; null unless it is being deleted.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }
}
