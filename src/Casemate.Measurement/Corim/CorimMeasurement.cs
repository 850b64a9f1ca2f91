using System.Collections.Immutable;

namespace Casemate.Measurement.Corim;

/// <summary>A measurement in a CoRIM: what it is of, and what it must be.</summary>
public sealed record CorimMeasurement
{
    /// <summary>Which measurement of the environment (<c>mkey</c>), such as <c>MRTD</c>; null for the environment as a whole.</summary>
    public string? Key { get; init; }

    /// <summary>Its digests, one for each algorithm; empty when it has none.</summary>
    public ImmutableArray<CorimDigest> Digests { get; init; } = [];

    /// <summary>The exact security version (tag 552); null when it has none.</summary>
    public long? Svn { get; init; }

    /// <summary>Whether both are the same measurement.</summary>
    public bool Equals(CorimMeasurement? other) =>
        other is not null && Key == other.Key && Svn == other.Svn && Digests.AsSpan().SequenceEqual(other.Digests.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, Svn, Digests.Length);
}
