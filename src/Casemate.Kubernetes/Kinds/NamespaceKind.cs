namespace Casemate.Kubernetes;

/// <summary>A Namespace. Source: core/v1.</summary>
public sealed record NamespaceKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it is.</summary>
    public NamespaceKindStatus Status { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static NamespaceKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.NamespaceKind);
}
