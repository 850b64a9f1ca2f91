using System.Collections.Immutable;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Generation;

/// <summary>A workload with its policy, packed.</summary>
public sealed record GeneratedWorkload
{
    /// <summary>The workload.</summary>
    public required Workload Workload { get; init; }

    /// <summary>The policy's Rego text.</summary>
    public required string Policy { get; init; }

    /// <summary>The initdata that carries the policy.</summary>
    public required InitdataDocument Initdata { get; init; }

    /// <summary>The images that are bound.</summary>
    public required ImmutableArray<BoundImage> Images { get; init; }

    /// <summary>The annotations to write, in order.</summary>
    public required ImmutableArray<KeyValuePair<string, string>> Annotations { get; init; }

    /// <summary>What every platform's evidence will carry for the initdata.</summary>
    public ImmutableArray<BoundField> Fields => BoundField.Of(Initdata.Digest.AsSpan());

    /// <summary>What a guest of AKS reports where the policy was given without initdata.</summary>
    public BoundField AgentPolicyField => BoundField.OfAgentPolicy(Policy);
}
