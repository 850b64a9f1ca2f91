using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Settings;

/// <summary>What came of reading settings.</summary>
/// <param name="Profile">The profile; null when one of the findings is an error.</param>
/// <param name="Findings">What was noticed, with paths inside the settings and, where it stands in a file, its place.</param>
public sealed record SettingsReading(RuntimeProfile? Profile, ImmutableArray<PolicyFinding> Findings);
