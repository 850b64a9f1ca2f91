namespace Casemate.Kubernetes;

/// <summary>A RuntimeClass. Source: node/v1.</summary>
public sealed record RuntimeClassKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What the container runtime calls it.</summary>
    public string Handler { get; init => field = value ?? ""; } = "";

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static RuntimeClassKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.RuntimeClassKind);
}
