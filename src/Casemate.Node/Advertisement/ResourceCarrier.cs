namespace Casemate.Node.Advertisement;

/// <summary>What carries a resource to the scheduler.</summary>
public enum ResourceCarrier
{
    /// <summary>The kubelet, which got it from a device plugin.</summary>
    DevicePlugin,

    /// <summary>A patch of the node's status.</summary>
    NodeStatus,

    /// <summary>A device in a ResourceSlice.</summary>
    ResourceSlice,
}
