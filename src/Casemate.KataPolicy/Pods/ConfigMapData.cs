using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>A ConfigMap given beside the workloads.</summary>
public sealed record ConfigMapData
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The namespace the document names, or null.</summary>
    public string? Namespace { get; init; }

    /// <summary>Where it was read.</summary>
    public required SourceLocation Location { get; init; }

    /// <summary><c>data</c>: text by key.</summary>
    public ImmutableSortedDictionary<string, string> Data { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary><c>binaryData</c>: bytes by key.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<byte>> BinaryData { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<byte>>(StringComparer.Ordinal);
}
