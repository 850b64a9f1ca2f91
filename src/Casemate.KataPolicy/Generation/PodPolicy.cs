using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;
using Casemate.Oci;

namespace Casemate.KataPolicy.Generation;

/// <summary>A policy for one workload's pod, with what it rests on.</summary>
public sealed record PodPolicy
{
    /// <summary>The Rego text; null when an error among the findings forbids one.</summary>
    public string? Text { get; init; }

    /// <summary>What was noticed, without places.</summary>
    public ImmutableArray<PolicyFinding> Findings { get; init; } = [];

    /// <summary>The images the policy binds, one a container.</summary>
    public ImmutableArray<BoundImage> Images { get; init; } = [];

    /// <summary>Why a registry did not give an image that the findings name; null where none failed.</summary>
    public OciError? RegistryFailure { get; init; }
}
