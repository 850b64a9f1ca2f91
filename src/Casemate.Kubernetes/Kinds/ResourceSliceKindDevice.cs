using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>A device of a ResourceSlice.</summary>
public sealed record ResourceSliceKindDevice
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>True when several claims may share it.</summary>
    public bool AllowMultipleAllocations { get; init; }

    /// <summary>What it is: each value has one of <c>int</c>, <c>bool</c>, <c>string</c>, <c>version</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Attributes
    {
        get;
        init => field = value ?? KindReader.Empty<JsonElement>();
    } = KindReader.Empty<JsonElement>();

    /// <summary>How much it has: each value has <c>value</c> and perhaps <c>requestPolicy</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Capacity
    {
        get;
        init => field = value ?? KindReader.Empty<JsonElement>();
    } = KindReader.Empty<JsonElement>();
}
