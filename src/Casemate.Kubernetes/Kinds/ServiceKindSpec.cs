using System.Text.Json.Serialization;

namespace Casemate.Kubernetes;

/// <summary>What a Service shall be.</summary>
public sealed record ServiceKindSpec
{
    /// <summary>Its address, <c>None</c>, or empty until it has one.</summary>
    [JsonPropertyName("clusterIP")]
    public string ClusterIp { get; init => field = value ?? ""; } = "";

    /// <summary>The labels of its pods.</summary>
    public IReadOnlyDictionary<string, string> Selector
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>Its ports.</summary>
    public IReadOnlyList<ServiceKindPort> Ports { get; init => field = value ?? []; } = [];
}
