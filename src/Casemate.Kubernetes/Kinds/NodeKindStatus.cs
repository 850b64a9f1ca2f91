namespace Casemate.Kubernetes;

/// <summary>What a Node is.</summary>
public sealed record NodeKindStatus
{
    /// <summary>What it has: quantities.</summary>
    public IReadOnlyDictionary<string, string> Capacity
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>What pods may have of it: quantities.</summary>
    public IReadOnlyDictionary<string, string> Allocatable
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>Its conditions.</summary>
    public IReadOnlyList<KindCondition> Conditions { get; init => field = value ?? []; } = [];
}
