namespace Casemate.Kubernetes;

/// <summary>An expression over devices.</summary>
public sealed record DeviceClassKindCel
{
    /// <summary>The expression, in CEL.</summary>
    public string Expression { get; init => field = value ?? ""; } = "";
}
