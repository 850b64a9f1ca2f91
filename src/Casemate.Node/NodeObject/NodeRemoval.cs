using Casemate.Node.Discovery;

namespace Casemate.Node.NodeObject;

/// <summary>What the agent put on a Node.</summary>
/// <param name="Labels">Keys of labels.</param>
/// <param name="Annotations">Keys of annotations.</param>
/// <param name="Taints">Taints, as <c>key:effect</c>.</param>
/// <param name="Conditions">Types of conditions.</param>
/// <param name="Amounts">Names of extended resources in the status that the agent wrote, not those that the kubelet keeps for it.</param>
public sealed record NodeRemoval(
    ValueList<string> Labels, ValueList<string> Annotations, ValueList<string> Taints, ValueList<string> Conditions,
    ValueList<string> Amounts)
{
    /// <summary>True when there is nothing of the agent on the Node.</summary>
    public bool IsEmpty => Labels.Count + Annotations.Count + Taints.Count + Conditions.Count + Amounts.Count == 0;
}
