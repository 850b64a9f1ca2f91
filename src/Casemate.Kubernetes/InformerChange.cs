namespace Casemate.Kubernetes;

/// <summary>One change that an informer tells.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object now; of a deletion, as it was last known; null when synced.</param>
/// <param name="Previous">The object before; null when it was not known.</param>
public sealed record InformerChange(InformerChangeType Type, KubeObject? Object, KubeObject? Previous);
