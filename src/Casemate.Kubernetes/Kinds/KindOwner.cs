namespace Casemate.Kubernetes;

/// <summary>An object that owns another.</summary>
public sealed record KindOwner
{
    /// <summary>Its <c>apiVersion</c>.</summary>
    public string ApiVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Its kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its identity.</summary>
    public string Uid { get; init => field = value ?? ""; } = "";
}
