using System.Collections.Immutable;

namespace Casemate.Measurement.Corim;

/// <summary>A concise module identifier (CoMID): one tag of a CoRIM.</summary>
public sealed record CorimModule
{
    /// <summary>Its identifier.</summary>
    public required string TagId { get; init; }

    /// <summary>Which edition of the module this is, 0 or more; 0, the default, is not written down.</summary>
    public long TagVersion { get; init; }

    /// <summary>Reference triples.</summary>
    public ImmutableArray<CorimReference> References { get; init; } = [];

    /// <summary>Conditional endorsement series.</summary>
    public ImmutableArray<CorimSeries> Series { get; init; } = [];

    /// <summary>Whether both say the same.</summary>
    public bool Equals(CorimModule? other) =>
        other is not null && TagId == other.TagId && TagVersion == other.TagVersion
        && References.AsSpan().SequenceEqual(other.References.AsSpan()) && Series.AsSpan().SequenceEqual(other.Series.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(TagId, TagVersion, References.Length, Series.Length);
}
