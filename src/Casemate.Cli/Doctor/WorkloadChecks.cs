using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>What users' pods ask for, against what there is.</summary>
internal sealed class WorkloadChecks(ExaminedCluster cluster)
{
    private const long PageBytes = 4096;

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.PodEpcTooLarge, cancel => EachAsync(DoctorFindingId.PodEpcTooLarge, pod => pod.IsPending, TooLarge)),
        new(DoctorFindingId.PodEpcUnits, cancel => EachAsync(DoctorFindingId.PodEpcUnits, pod => !pod.IsOver, (pod, _) => Units(pod))),
        new(DoctorFindingId.PodUnknownResource, cancel => EachAsync(DoctorFindingId.PodUnknownResource, pod => pod.IsPending, Unknown)),
        new(DoctorFindingId.PodPrivilegedSgx, cancel => EachAsync(DoctorFindingId.PodPrivilegedSgx, pod => !pod.IsOver, (pod, _) => Privileged(pod))),
    ];

    /// <summary>Requests of more EPC than any node has under that name.</summary>
    public static IEnumerable<DoctorFinding> TooLarge(SeenPod pod, IReadOnlyList<SeenNode> nodes)
    {
        foreach (var (name, amount) in pod.Requests)
        {
            if (amount is not { } wanted || !ResourceFamily.TryFind(name, out var family))
            {
                continue;
            }

            var most = nodes.Select(node => SeenNode.Amount(node.Allocatable, name)).DefaultIfEmpty(0).Max();
            if (most > 0 && wanted > most)
            {
                yield return DoctorFinding.Failed(
                    DoctorFindingId.PodEpcTooLarge,
                    $"pod {pod.Key} asks for {name}: {EpcText.Number(wanted)}{Size(family, wanted)}, and the largest node has {EpcText.Number(most)}"
                        + $"{Size(family, most)}",
                    "Ask for less (casemate enclave inspect FILE tells what an enclave needs), or add a larger node.", $"pod {pod.Key}");
            }
        }
    }

    /// <summary>Names of SGX that no node has.</summary>
    public static IEnumerable<DoctorFinding> Unknown(SeenPod pod, IReadOnlyList<SeenNode> nodes)
    {
        var offered = nodes.SelectMany(node => node.Families.Where(one => one.Capacity > 0)).Select(one => one.Family).Distinct().ToList();
        foreach (var name in pod.Requests.Keys.Where(name => nodes.All(node => SeenNode.Amount(node.Capacity, name) == 0)))
        {
            var fix = offered.Count == 0 ? "No node offers EPC: AddonInstalled and EpcOffered of casemate doctor cluster say what to do."
                : ResourceFamily.TryFind(name, out _)
                    ? $"Ask for {offered[0].Name}, or let the webhook translate (casemate addon install --no-webhook false), and make the pod again."
                : AccessResource.All.Contains(name) ? "kubectl -n casemate-node logs ds/casemate-node"
                : $"No such name is known: write {offered[0].Name}.";
            yield return DoctorFinding.Failed(
                DoctorFindingId.PodUnknownResource,
                $"pod {pod.Key} asks for {name}, which no node has in its capacity"
                    + (offered.Count > 0 ? $"; nodes have {string.Join(", ", offered.Select(family => family.Name))}" : ""),
                fix, $"pod {pod.Key}");
        }
    }

    private static IEnumerable<DoctorFinding> Units(SeenPod pod)
    {
        foreach (var (name, amount) in pod.Requests)
        {
            if (!ResourceFamily.TryFind(name, out var family) || amount is not (> 0 and var wanted))
            {
                continue;
            }

            if (family.Unit is EpcUnit.Byte && wanted < PageBytes)
            {
                yield return DoctorFinding.Failed(
                    DoctorFindingId.PodEpcUnits, $"pod {pod.Key} asks for {name}: {wanted}, which is {wanted} bytes: less than a page",
                    $"Write {name}: {wanted}Mi.", $"pod {pod.Key}");
            }
            else if (family.Unit is EpcUnit.MiB && wanted >= 1 << 20)
            {
                yield return DoctorFinding.Failed(
                    DoctorFindingId.PodEpcUnits, $"pod {pod.Key} asks for {name}: {EpcText.Number(wanted)}, which counts MiB: a suffix is one too many",
                    $"Write {name}: {wanted >> 20}.", $"pod {pod.Key}");
            }
        }
    }

    private static IEnumerable<DoctorFinding> Privileged(SeenPod pod)
    {
        var devices = pod.HostPaths.Where(path => path.StartsWith("/dev/sgx", StringComparison.Ordinal) || path == "/dev/isgx").ToList();
        if (devices.Count > 0)
        {
            yield return DoctorFinding.Warning(
                DoctorFindingId.PodPrivilegedSgx,
                $"pod {pod.Key} mounts {string.Join(", ", devices)} from the host{(pod.IsPrivileged ? " and is privileged" : "")}: its EPC is counted "
                    + "nowhere",
                "Leave out the volume and 'privileged: true', and ask for EPC in the container's limits: the device node comes with it.",
                $"pod {pod.Key}");
        }
    }

    private static string Size(ResourceFamily family, long quantity) =>
        family.TryToBytes(quantity, out var bytes) ? $" ({EpcText.Of(bytes)})" : "";

    private async Task<IReadOnlyList<DoctorFinding>> EachAsync(
        DoctorFindingId id, Func<SeenPod, bool> which, Func<SeenPod, IReadOnlyList<SeenNode>, IEnumerable<DoctorFinding>> judge)
    {
        var nodes = await cluster.NodesAsync();
        var pods = (await cluster.PodsAsync()).Where(which).ToList();
        var findings = pods.SelectMany(pod => judge(pod, nodes)).ToList();
        return findings.Count > 0 || pods.Count == 0 ? findings
            : [DoctorFinding.Passed(id, $"none of {Output.Plural.Of(pods.Count, "pod")} that may have to do with SGX")];
    }
}
