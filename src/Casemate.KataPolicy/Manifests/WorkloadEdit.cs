using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>What to write into a workload's document.</summary>
public sealed record WorkloadEdit
{
    /// <summary>The workload, as read from the file.</summary>
    public required Workload Workload { get; init; }

    /// <summary>
    /// Annotations of the pod, by name. Those of policies (<see cref="PolicyAnnotation"/>) that stand in the document and not here are
    /// removed.
    /// </summary>
    public ImmutableArray<KeyValuePair<string, string>> Annotations { get; init; } = [];

    /// <summary>Image references by the container's path.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Images { get; init; } = [];
}
