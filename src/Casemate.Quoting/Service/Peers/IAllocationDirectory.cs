namespace Casemate.Quoting.Service.Peers;

/// <summary>Knows which pod holds an allocation of a device. The node agent implements it; safe for concurrent use.</summary>
public interface IAllocationDirectory
{
    /// <summary>The pod that holds an allocation; null when it is not known, for example since the kubelet has not said it yet.</summary>
    /// <param name="allocationId">The name of the allocation's socket directory.</param>
    AllocatedPod? Find(string allocationId);
}
