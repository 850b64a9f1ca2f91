namespace Casemate.Kubernetes;

/// <summary>What a container asks for.</summary>
public sealed record PodKindResources
{
    /// <summary>What is set aside for it: quantities.</summary>
    public IReadOnlyDictionary<string, string> Requests
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>What it may have at most: quantities.</summary>
    public IReadOnlyDictionary<string, string> Limits
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();
}
