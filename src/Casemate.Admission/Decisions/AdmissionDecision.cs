using System.Collections.Immutable;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>
/// The whole answer for one pod. The same object feeds the webhook's answer, its log and <c>casemate webhook explain</c>.
/// </summary>
public sealed record AdmissionDecision
{
    /// <summary>The pod does not use SGX: nothing is changed and nothing said.</summary>
    public static readonly AdmissionDecision Untouched = new();

    /// <summary>True when the pod uses SGX in any way that is known here.</summary>
    public bool UsesSgx { get; init; }

    /// <summary>What is changed, in order; empty when the pod is complete, or refused.</summary>
    public ImmutableArray<PatchOperation> Patch { get; init; } = [];

    /// <summary>What its author should know.</summary>
    public ImmutableArray<AdmissionFinding> Findings { get; init; } = [];

    /// <summary>Claim templates that must be there before the pod's claims can be made.</summary>
    public ImmutableArray<ClaimTemplate> ClaimTemplates { get; init; } = [];

    /// <summary>The pod's EPC in bytes, as the scheduler counts it; 0 for none.</summary>
    public long EpcBytes { get; init; }

    /// <summary>The name that its requests are written in; null: they keep theirs.</summary>
    public ResourceFamily? Family { get; init; }

    /// <summary>How that name was chosen: one sentence; empty for pods without EPC.</summary>
    public string FamilyReason { get; init; } = "";

    /// <summary>True when the pod is refused.</summary>
    public bool IsDenied => Findings.Any(finding => finding.Denies);

    /// <summary>The text of the refusal: every reason with its remedy; null when the pod is not refused.</summary>
    public string? Denial => IsDenied
        ? string.Join(" ", Findings.Where(finding => finding.Denies).Select(finding =>
            $"{finding.Id}: {finding.Path}: {finding.Message}{(finding.Remedy.Length > 0 ? " " + finding.Remedy : "")}"))
        : null;
}
