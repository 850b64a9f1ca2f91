namespace Casemate.Kubernetes;

/// <summary>One change that a watch reports.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object after the change; of a deletion, as it was last; of a bookmark, only its version.</param>
public sealed record KubeWatchEvent(KubeWatchEventType Type, KubeObject Object);
