using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>A file with annotations written into it.</summary>
/// <param name="Content">The new bytes; null when something could not be written, as an error among the findings says.</param>
/// <param name="Findings">What was noticed while writing.</param>
public sealed record ManifestRewrite(byte[]? Content, ImmutableArray<PolicyFinding> Findings);
