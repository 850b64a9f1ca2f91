namespace Casemate.Measurement.Corim;

/// <summary>What a manifest of the <see cref="LaunchMeasurementProfile"/> endorses.</summary>
/// <param name="Environment">The platform.</param>
/// <param name="Measurement">Its launch measurement.</param>
/// <param name="Svn">The security version of what is launched.</param>
public sealed record LaunchEndorsement(CorimEnvironment Environment, ReadOnlyMemory<byte> Measurement, long Svn);
