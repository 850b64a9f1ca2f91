using System.Runtime.InteropServices;
using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>Rules about pods that were written after the first guides.</summary>
internal static class GuidePod
{
    /// <summary>What the device plugin of the first guides is called, as an image and as a command.</summary>
    public const string Plugin = "oe-sgx-device-plugin";

    private static readonly string[] s_restarting = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ReplicationController"];

    public static IEnumerable<LintFinding> Check(LintPod pod) =>
        Device(pod).Concat(Selector(pod)).Concat(Restart(pod)).Concat(Command(pod)).Concat(RunsToCompletion(pod)).Concat(DevicePlugin(pod));

    private static IEnumerable<LintFinding> Device(LintPod pod)
    {
        if (pod.IsDevicePlugin || pod.IsPlaced || pod.AsksForEpc || !pod.DeviceVolumes.Any())
        {
            return [];
        }

        return pod.Containers.Where(container => LintPod.IsPrivileged(container.Json)).Take(1).Select(container =>
            GuideRules.Finding(
                GuideRule.GL09, "A privileged pod has the host's SGX device, and nothing says that it needs a node that has one.") with
            {
                Path = container.Path + ".securityContext.privileged",
                NotMended = PodMending.UnknownAmount,
            });
    }

    private static IEnumerable<LintFinding> Selector(LintPod pod)
    {
        if (LooseJson.Get(pod.Spec, "nodeSelector") is not { ValueKind: JsonValueKind.Null })
        {
            yield break;
        }

        var (label, value) = LooseJson.Members(pod.Spec).Select(member => (member.Name, Value: LooseJson.Text(member.Value)))
            .FirstOrDefault(member =>
                (member.Name == "tee" || member.Name.Contains('/', StringComparison.Ordinal)) && member.Value is not null);
        var path = pod.InDocument("spec.nodeSelector");
        yield return GuideRules.Finding(GuideRule.GL10, "nodeSelector has nothing under it, so the pod can be placed on every node.") with
        {
            Path = path,
            Edits = label is null ? [] :
            [
                new ManifestEdit(ManifestEditVerb.Set, path, $"{{{PatchBuilder.Quote(label)}:{PatchBuilder.Quote(value!)}}}"),
                new ManifestEdit(ManifestEditVerb.Remove, PodPath.Member(pod.InDocument("spec"), label)),
            ],
            NotMended = label is null ? "Which labels belong there is not known." : "",
        };
    }

    private static IEnumerable<LintFinding> Restart(LintPod pod)
    {
        if (s_restarting.Contains(pod.Template.Kind) && LooseJson.Text(pod.Spec, "restartPolicy") is { } policy and not ("Always" or ""))
        {
            var path = pod.InDocument("spec.restartPolicy");
            yield return GuideRules.Finding(
                GuideRule.GL11, $"The pods of a {pod.Template.Kind} are always restarted; Kubernetes refuses {PodReview.Shown(policy)}.") with
            {
                Path = path,
                Edits = [new ManifestEdit(ManifestEditVerb.Set, path, "\"Always\"")],
            };
        }
    }

    private static IEnumerable<LintFinding> Command(LintPod pod)
    {
        foreach (var (container, path) in pod.Containers)
        {
            var image = LooseJson.Text(container, "image") ?? "";
            if (!image.Contains("device-plugin", StringComparison.OrdinalIgnoreCase)
                && LooseJson.Items(container, "command").Any(word =>
                    LooseJson.Text(word.Item)?.Contains(Plugin, StringComparison.Ordinal) is true))
            {
                yield return GuideRules.Finding(GuideRule.GL12, $"The image {PodReview.Shown(image)} has no command {Plugin}.") with
                {
                    Path = path + ".command",
                    Edits = [new ManifestEdit(ManifestEditVerb.Remove, path + ".command")],
                };
            }
        }
    }

    private static IEnumerable<LintFinding> RunsToCompletion(LintPod pod)
    {
        if (pod.Template.Kind is not ("Pod" or "Deployment") || pod.IsDevicePlugin
            || !PodInterest.MayUseSgx(JsonMarshal.GetRawUtf8Value(pod.Template.Pod)))
        {
            yield break;
        }

        var greets = pod.Containers.FirstOrDefault(container => IsHello(LooseJson.Text(container.Json, "image") ?? ""));
        if (greets.Path is not null)
        {
            yield return Ends(pod, $"The image {PodReview.Shown(LooseJson.Text(greets.Json, "image")!)} greets and ends", greets.Path + ".image");
        }
        else if (LooseJson.Text(pod.Spec, "restartPolicy") is "OnFailure" or "Never")
        {
            yield return Ends(pod, "The program is meant to end", pod.InDocument("spec.restartPolicy"));
        }
    }

    private static LintFinding Ends(LintPod pod, string why, string path) =>
        GuideRules.Finding(GuideRule.GL13, $"{why}, and a {pod.Template.Kind} is for programs that run on.") with { Path = path };

    /// <summary>Whether an image is one of the samples that say hello.</summary>
    public static bool IsHello(string image)
    {
        var name = image[(image.LastIndexOf('/') + 1)..].Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        return name.Contains("helloworld", StringComparison.OrdinalIgnoreCase) || name.StartsWith("oehello", StringComparison.OrdinalIgnoreCase);
    }

    private static IEnumerable<LintFinding> DevicePlugin(LintPod pod)
    {
        if (!pod.IsDevicePlugin)
        {
            yield break;
        }

        foreach (var (container, path) in pod.Containers.Where(container => LintPod.IsPrivileged(container.Json)))
        {
            yield return GuideRules.Finding(GuideRule.GL19, "The device plugin itself is privileged.") with
            {
                Path = path + ".securityContext.privileged",
                NotMended = "What else the plugin needs is not known.",
            };
        }

        foreach (var (volume, path) in pod.Volumes.Where(volume => LintPod.HostPathOf(volume.Json)?.TrimEnd('/') == "/dev/sgx"))
        {
            yield return GuideRules.Finding(
                GuideRule.GL20, "The plugin gets the directory /dev/sgx: handed on as a device it is 'not a device node' since Kubernetes 1.19.")
                with
            { Path = path + ".hostPath.path" };
        }
    }
}
