using System.Collections.Immutable;

namespace Casemate.Measurement.Corim;

/// <summary>
/// A conditional endorsement series: where an environment's measurements are those of an entry's selection, what the entry adds holds for
/// it.
/// </summary>
/// <param name="Environment">The environment.</param>
/// <param name="Claims">Measurements that every entry asks for besides its selection.</param>
/// <param name="Entries">The entries in order; the first that fits counts.</param>
public sealed record CorimSeries(
    CorimEnvironment Environment, ImmutableArray<CorimMeasurement> Claims, ImmutableArray<CorimSeriesEntry> Entries)
{
    /// <summary>Whether both say the same.</summary>
    public bool Equals(CorimSeries? other) =>
        other is not null && Environment == other.Environment && Claims.AsSpan().SequenceEqual(other.Claims.AsSpan())
        && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Environment, Claims.Length, Entries.Length);
}
