using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>A Secret given beside the workloads. Its text form names no value.</summary>
public sealed class SecretData
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The namespace the document names, or null.</summary>
    public string? Namespace { get; init; }

    /// <summary>Where it was read.</summary>
    public required SourceLocation Location { get; init; }

    /// <summary><c>data</c> and <c>stringData</c> together as the API server joins them: bytes by key, <c>stringData</c> wins.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<byte>> Data { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<byte>>(StringComparer.Ordinal);

    /// <summary>The kind, the name and the number of keys.</summary>
    public override string ToString() => $"Secret {Name} ({Data.Count} keys)";
}
