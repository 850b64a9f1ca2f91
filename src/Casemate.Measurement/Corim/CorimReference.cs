using System.Collections.Immutable;

namespace Casemate.Measurement.Corim;

/// <summary>A reference triple: what the measurements of an environment are to be.</summary>
/// <param name="Environment">The environment.</param>
/// <param name="Measurements">The measurements, at least one.</param>
public sealed record CorimReference(CorimEnvironment Environment, ImmutableArray<CorimMeasurement> Measurements)
{
    /// <summary>Whether both say the same.</summary>
    public bool Equals(CorimReference? other) =>
        other is not null && Environment == other.Environment && Measurements.AsSpan().SequenceEqual(other.Measurements.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Environment, Measurements.Length);
}
