using System.Text.Json.Serialization;

namespace Casemate.Kubernetes;

/// <summary>One device that a claim was given.</summary>
public sealed record ResourceClaimKindResult
{
    /// <summary>The request of the claim.</summary>
    public string Request { get; init => field = value ?? ""; } = "";

    /// <summary>The driver.</summary>
    public string Driver { get; init => field = value ?? ""; } = "";

    /// <summary>The pool.</summary>
    public string Pool { get; init => field = value ?? ""; } = "";

    /// <summary>The device.</summary>
    public string Device { get; init => field = value ?? ""; } = "";

    /// <summary>Which share of a device that several use; null when it is not shared.</summary>
    [JsonPropertyName("shareID")]
    public string? ShareId { get; init; }

    /// <summary>How much of it: quantities.</summary>
    public IReadOnlyDictionary<string, string> ConsumedCapacity
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();
}
