using System.Collections.Immutable;

namespace Casemate.Measurement.Corim;

/// <summary>One entry of a <see cref="CorimSeries"/>.</summary>
/// <param name="Selection">The measurements to have.</param>
/// <param name="Addition">What holds then.</param>
public sealed record CorimSeriesEntry(ImmutableArray<CorimMeasurement> Selection, ImmutableArray<CorimMeasurement> Addition)
{
    /// <summary>Whether both say the same.</summary>
    public bool Equals(CorimSeriesEntry? other) =>
        other is not null && Selection.AsSpan().SequenceEqual(other.Selection.AsSpan())
        && Addition.AsSpan().SequenceEqual(other.Addition.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Selection.Length, Addition.Length);
}
