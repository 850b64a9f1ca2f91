using System.Collections.Immutable;

namespace Casemate.KataPolicy.Generation;

/// <summary>The image that a policy binds for a container.</summary>
public sealed record BoundImage
{
    /// <summary>The container's path in the document.</summary>
    public required string ContainerPath { get; init; }

    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>The reference as the document has it.</summary>
    public required string Written { get; init; }

    /// <summary>The reference by digest: <c>repository@sha256:…</c>.</summary>
    public required string Locked { get; init; }

    /// <summary>The manifest's digest.</summary>
    public required string ManifestDigest { get; init; }

    /// <summary>The layers, lowest first: chain id and dm-verity root, both as hexadecimal digits; roots are empty where none is bound.</summary>
    public ImmutableArray<BoundLayer> Layers { get; init; } = [];
}
