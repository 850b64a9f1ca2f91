using Casemate.Fuzz.Flips;

namespace Casemate.Attestation.Tests.Mutations;

/// <summary>A named field inside a region, at the same place in every piece of evidence.</summary>
/// <param name="Region">The region, whose checks refuse a changed field.</param>
/// <param name="Name">The specification's name.</param>
/// <param name="Offset">First byte, from the begin of the region.</param>
/// <param name="Size">Bytes.</param>
public sealed record EvidenceField(FlipRegion Region, string Name, int Offset, int Size);
