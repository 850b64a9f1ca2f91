using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;
using Casemate.Oci;

namespace Casemate.KataPolicy.Generation;

/// <summary>Everything that one run of the generator made and noticed.</summary>
/// <param name="Files">The files in the order given.</param>
/// <param name="Findings">Everything noticed, with places.</param>
public sealed record GenerationResult(ImmutableArray<GeneratedFile> Files, ImmutableArray<PolicyFinding> Findings)
{
    /// <summary>Why a registry did not give the first of the images that could not be had and that the findings name; null where none failed.</summary>
    public OciError? RegistryFailure { get; init; }

    /// <summary>True when nothing forbids the use of the result.</summary>
    public bool Succeeded => Findings.All(finding => finding.Severity is not FindingSeverity.Error);
}
