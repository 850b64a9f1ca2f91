using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// What concerns the pod as a whole: what a virtual machine of its own cannot have, and what requests could not tell apart.
/// </summary>
internal static class PodChecks
{
    public static void Add(Workload workload, RuntimeProfile profile, List<PolicyFinding> findings)
    {
        var pod = workload.Pod;
        if (profile.ImageForm is null)
        {
            findings.Add(PolicyFinding.Warning(
                pod.Path, $"the profile '{Shown.Of(profile.Name)}' does not bind what is in the images: the host may exchange it",
                "Use a profile whose guest pulls images or gets layers under dm-verity"));
        }

        RuntimeClassCheck.Add(pod, profile, findings);
        if (pod.HostPid || pod.HostIpc)
        {
            findings.Add(PolicyFinding.Error(
                pod.Path, $"{(pod.HostPid ? "hostPID" : "hostIPC")} asks for the host's own, which a pod in a virtual machine cannot have",
                "Remove it"));
        }

        if (pod.OperatingSystem is not (null or "linux"))
        {
            findings.Add(
                PolicyFinding.Error(
                pod.Path, $"pods for '{Shown.Of(pod.OperatingSystem)}' do not run in Kata's guests", "Remove os.name, or set linux"));
        }

        if (pod.Containers.IsEmpty)
        {
            findings.Add(PolicyFinding.Error(pod.Path, "the pod has no containers", "Add one"));
        }

        // A request names its container by the annotation of its name alone.
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var container in pod.AllContainers)
        {
            if (container.Name.Length == 0 || !names.Add(container.Name))
            {
                findings.Add(PolicyFinding.Error(
                    $"{container.Path}.name",
                    container.Name.Length == 0 ? "the container has no name"
                        : $"two containers are named '{Shown.Of(container.Name)}', and a request could mean either",
                    "Give each container a name of its own"));
            }
        }
    }
}
