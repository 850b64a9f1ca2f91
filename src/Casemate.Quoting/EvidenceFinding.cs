using Casemate.Attestation;

namespace Casemate.Quoting;

/// <summary>What was found of one kind of evidence.</summary>
/// <param name="Tee">The kind.</param>
/// <param name="Available">True when this program can get such evidence.</param>
/// <param name="Text">Where it comes from; or why there is none, and what would help. For people, one or two sentences.</param>
public sealed record EvidenceFinding(Tee Tee, bool Available, string Text);
