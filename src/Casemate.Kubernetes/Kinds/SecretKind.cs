namespace Casemate.Kubernetes;

/// <summary>A Secret. Source: core/v1. Its text form names no value.</summary>
public sealed record SecretKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Such as <c>Opaque</c> or <c>kubernetes.io/tls</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>The values in base64; secrets.</summary>
    public IReadOnlyDictionary<string, string> Data
    {
        get;
        init => field = value ?? KindReader.Empty<string>();
    } = KindReader.Empty<string>();

    /// <summary>True when it can only be deleted.</summary>
    public bool Immutable { get; init; }

    /// <summary>The bytes of a value; null when there is none under this key.</summary>
    /// <exception cref="KubeException">It is no base64.</exception>
    public byte[]? BytesOf(string key)
    {
        if (!Data.TryGetValue(key, out var text))
        {
            return null;
        }

        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count)
            ? bytes[..count]
            : throw KubeObject.Malformed($"the value {StatusAnswer.Clean(key)} of a Secret is no base64");
    }

    /// <summary>Its name and keys; never a value.</summary>
    public override string ToString() => $"Secret {Metadata.Namespace}/{Metadata.Name} ({string.Join(", ", Data.Keys)})";

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static SecretKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.SecretKind);
}
