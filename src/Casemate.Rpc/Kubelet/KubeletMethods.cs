namespace Casemate.Rpc.Kubelet;

/// <summary>Paths of the methods that the kubelet serves and calls, as they stand in <c>:path</c>.</summary>
public static class KubeletMethods
{
    /// <summary>Device plugin v1beta1, served by the kubelet: a plugin makes itself known.</summary>
    public const string Register = "/v1beta1.Registration/Register";

    /// <summary>Device plugin v1beta1, served by the plugin: its options.</summary>
    public const string GetDevicePluginOptions = "/v1beta1.DevicePlugin/GetDevicePluginOptions";

    /// <summary>Device plugin v1beta1, served by the plugin: all devices, again after each change; a stream.</summary>
    public const string ListAndWatch = "/v1beta1.DevicePlugin/ListAndWatch";

    /// <summary>Device plugin v1beta1, served by the plugin: which devices it would choose.</summary>
    public const string GetPreferredAllocation = "/v1beta1.DevicePlugin/GetPreferredAllocation";

    /// <summary>Device plugin v1beta1, served by the plugin: what a container with these devices needs.</summary>
    public const string Allocate = "/v1beta1.DevicePlugin/Allocate";

    /// <summary>Device plugin v1beta1, served by the plugin: a container is about to start.</summary>
    public const string PreStartContainer = "/v1beta1.DevicePlugin/PreStartContainer";

    /// <summary>Plugin registration v1, served by the plugin: who it is.</summary>
    public const string GetInfo = "/pluginregistration.Registration/GetInfo";

    /// <summary>Plugin registration v1, served by the plugin: how its registration went.</summary>
    public const string NotifyRegistrationStatus = "/pluginregistration.Registration/NotifyRegistrationStatus";

    /// <summary>DRA v1, served by the driver: make claims ready.</summary>
    public const string NodePrepareResources = "/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodePrepareResources";

    /// <summary>DRA v1, served by the driver: release claims.</summary>
    public const string NodeUnprepareResources = "/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodeUnprepareResources";

    /// <summary>DRA health v1alpha1, served by the driver: state of all devices, again after each change; a stream.</summary>
    public const string NodeWatchResources = "/v1alpha1.DRAResourceHealth/NodeWatchResources";

    /// <summary>Pod resources v1, served by the kubelet: every pod with what it has.</summary>
    public const string ListPodResources = "/v1.PodResourcesLister/List";

    /// <summary>Pod resources v1, served by the kubelet: what can be given to pods.</summary>
    public const string GetAllocatableResources = "/v1.PodResourcesLister/GetAllocatableResources";

    /// <summary>Pod resources v1, served by the kubelet: one pod with what it has.</summary>
    public const string GetPodResources = "/v1.PodResourcesLister/Get";
}
