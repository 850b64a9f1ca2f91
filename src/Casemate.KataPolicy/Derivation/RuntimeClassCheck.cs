using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// Whether a pod's runtime class can start a guest that enforces the policy. A class is only a name, which clusters choose: judged are the
/// names that everybody uses, and no word is said about the others. Sources: kata-containers tools/packaging/kata-deploy, runtime
/// classes; AKS, "Confidential Containers".
/// </summary>
internal static class RuntimeClassCheck
{
    private static readonly HashSet<string> s_withoutGuest = new(StringComparer.Ordinal)
    {
        "runc", "crun", "youki", "gvisor", "runsc", "nvidia",
    };

    // Guests of Kata whose memory the host reads.
    private static readonly HashSet<string> s_withoutProtection = new(StringComparer.Ordinal)
    {
        "kata", "kata-qemu", "kata-clh", "kata-fc", "kata-dragonball", "kata-stratovirt", "kata-cloud-hypervisor", "kata-qemu-runtime-rs",
        "kata-qemu-nvidia-gpu", "kata-mshv-vm-isolation", "kata-vm-isolation",
    };

    public static void Add(PodSpec pod, RuntimeProfile profile, List<PolicyFinding> findings)
    {
        if (UsualClass(profile) is not { } usual)
        {
            return;
        }

        if (pod.RuntimeClassName is not { Length: > 0 } name)
        {
            findings.Add(PolicyFinding.Warning(
                pod.Path,
                "the pod names no runtimeClassName: unless the cluster's default runtime starts Kata's guests, nothing enforces this policy",
                $"Write runtimeClassName, such as {usual}; 'kubectl get runtimeclass' lists what the cluster has"));
        }
        else if (Contradiction(name, profile) is { } contradiction)
        {
            findings.Add(PolicyFinding.Warning(
                $"{pod.Path}.runtimeClassName", $"the runtime class '{Shown.Of(name)}' {contradiction.Problem}", contradiction.Remedy));
        }
    }

    private static string? UsualClass(RuntimeProfile profile) =>
        profile.Name == BuiltInProfiles.KataSnp.Name ? "kata-qemu-snp"
        : profile.Name == BuiltInProfiles.KataTdx.Name ? "kata-qemu-tdx"
        : profile.Name == BuiltInProfiles.Aks.Name ? "kata-cc-isolation"
        : profile.Name == BuiltInProfiles.Kata.Name ? "kata-qemu"
        : null;

    private static (string Problem, string Remedy)? Contradiction(string name, RuntimeProfile profile)
    {
        var isPlain = profile.Name == BuiltInProfiles.Kata.Name;
        if (s_withoutGuest.Contains(name))
        {
            return (
                "starts containers without a guest of their own: nothing enforces this policy", $"Use a class of Kata's, such as {UsualClass(profile)}");
        }

        if (s_withoutProtection.Contains(name))
        {
            return isPlain ? null : (
                $"starts guests whose memory the host can read, and the profile is '{profile.Name}'",
                $"Use a confidential class, such as {UsualClass(profile)}, or 'casemate policy generate --profile kata' where that is meant");
        }

        var platform = PlatformOf(name);
        return platform is null || platform == profile.Name ? null : (
            $"is for the profile '{platform}', and the policy is made for '{profile.Name}'",
            $"Make it with 'casemate policy generate --profile {platform}', or name a class such as {UsualClass(profile)}");
    }

    // The built-in profile for the hardware that a name speaks of.
    private static string? PlatformOf(string name)
    {
        var words = name.Split('-');
        return !name.StartsWith("kata", StringComparison.Ordinal) ? null
            : words.Contains("snp") ? BuiltInProfiles.KataSnp.Name
            : words.Contains("tdx") ? BuiltInProfiles.KataTdx.Name
            : name is "kata-cc-isolation" or "kata-cc" ? BuiltInProfiles.Aks.Name
            : null;
    }
}
