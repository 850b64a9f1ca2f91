namespace Casemate.Kubernetes;

/// <summary>A ConfigMap. Source: core/v1.</summary>
public sealed record ConfigMapKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Its texts.</summary>
    public IReadOnlyDictionary<string, string> Data
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>Its other values, in base64.</summary>
    public IReadOnlyDictionary<string, string> BinaryData
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static ConfigMapKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.ConfigMapKind);
}
