using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>A pod of a document, as the rules about guides and the mending of pods see it.</summary>
internal sealed class LintPod
{
    private const string PluginSockets = "/var/lib/kubelet/device-plugins";

    public LintPod(PodTemplate template)
    {
        Template = template;
        Spec = LooseJson.Object(template.Pod, "spec");
        Containers = [.. ContainersIn("initContainers"), .. ContainersIn("containers")];
        Volumes = [.. LooseJson.Items(Spec, "volumes").Select(one => (one.Item, PathOf("spec.volumes", one.Index)))];
    }

    public PodTemplate Template { get; }

    public JsonElement? Spec { get; }

    /// <summary>Init containers and containers, with their paths in the document.</summary>
    public IReadOnlyList<(JsonElement Json, string Path)> Containers { get; }

    public IReadOnlyList<(JsonElement Json, string Path)> Volumes { get; }

    /// <summary>Volumes that bring the host's SGX devices.</summary>
    public IEnumerable<(JsonElement Json, string Path)> DeviceVolumes =>
        Volumes.Where(volume => HostPathOf(volume.Json) is { } path && IsSgxDevice(path));

    /// <summary>True for a plugin that registers with the kubelet, or is named as the first ones were.</summary>
    public bool IsDevicePlugin => Volumes.Any(volume => HostPathOf(volume.Json)?.TrimEnd('/') == PluginSockets)
        || Containers.Any(container => LooseJson.Text(container.Json, "image") is { } image
            && image.Contains("sgx", StringComparison.OrdinalIgnoreCase) && image.Contains("device-plugin", StringComparison.OrdinalIgnoreCase));

    public bool IsPlaced => LooseJson.Count(LooseJson.Get(Spec, "nodeSelector")) > 0
        || LooseJson.Object(Spec, "affinity", "nodeAffinity") is not null || LooseJson.Text(Spec, "nodeName") is { Length: > 0 };

    public bool AsksForEpc => Containers.Any(container => EpcOf(container.Json).Any());

    public static string? HostPathOf(JsonElement volume) => LooseJson.Text(volume, "hostPath", "path");

    public static bool IsPrivileged(JsonElement container) => LooseJson.IsTrue(container, "securityContext", "privileged");

    public static bool IsSgxDevice(string path) =>
        path.StartsWith("/dev/sgx", StringComparison.Ordinal) || path is "/dev/isgx" or "/dev/gsgx";

    /// <summary>The names under which a container asks for EPC.</summary>
    public static IEnumerable<ResourceFamily> EpcOf(JsonElement container) => ResourceFamily.All.Where(family =>
        LooseJson.Get(container, "resources", "limits", family.Name) is not null
        || LooseJson.Get(container, "resources", "requests", family.Name) is not null);

    /// <summary>A path of the pod as one of the document.</summary>
    public string InDocument(string path) => PodPath.Join(Template.Path, path);

    private string PathOf(string list, int index) => InDocument(PodPath.Item(list, index));

    private IEnumerable<(JsonElement, string)> ContainersIn(string list) =>
        LooseJson.Items(Spec, list).Select(one => (one.Item, PathOf("spec." + list, one.Index)));
}
