using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>A policy that nothing will enforce is told of, where the name of the runtime class gives it away.</summary>
public sealed class RuntimeClassTests
{
    [Theory]
    [InlineData("", "kata-snp", "the pod names no runtimeClassName")]
    [InlineData("", "kata", "the pod names no runtimeClassName")]
    [InlineData("runc", "kata-snp", "'runc' starts containers without a guest of their own")]
    [InlineData("gvisor", "kata", "'gvisor' starts containers without a guest of their own")]
    [InlineData("kata-qemu", "kata-snp", "'kata-qemu' starts guests whose memory the host can read, and the profile is 'kata-snp'")]
    [InlineData("kata-mshv-vm-isolation", "aks", "'kata-mshv-vm-isolation' starts guests whose memory the host can read")]
    [InlineData("kata-qemu-tdx", "kata-snp", "'kata-qemu-tdx' is for the profile 'kata-tdx', and the policy is made for 'kata-snp'")]
    [InlineData("kata-qemu-nvidia-gpu-snp", "kata-tdx", "is for the profile 'kata-snp'")]
    [InlineData("kata-cc-isolation", "kata-snp", "is for the profile 'aks'")]
    [InlineData("kata-qemu-snp", "aks", "is for the profile 'kata-snp'")]
    [InlineData("kata-qemu-snp", "kata", "is for the profile 'kata-snp'")]
    public void Warns_OfAClassThatContradictsTheProfile(string name, string profile, string wanted)
    {
        var warning = Assert.Single(Warnings(name, profile));
        Assert.Contains(wanted, warning.Message, StringComparison.Ordinal);
        Assert.NotEqual("", warning.Remedy);
        Assert.Equal(name.Length == 0 ? "spec" : "spec.runtimeClassName", warning.Path);
    }

    // Another command makes policies too, which has no option for the profile.
    [Theory]
    [InlineData("kata-qemu-snp", "aks", "'casemate policy generate --profile kata-snp'")]
    [InlineData("kata-qemu", "aks", "'casemate policy generate --profile kata'")]
    public void Names_TheCommandThatHasTheProfile(string name, string profile, string wanted) =>
        Assert.Contains(wanted, Assert.Single(Warnings(name, profile)).Remedy, StringComparison.Ordinal);

    [Theory]
    [InlineData("kata-qemu-snp", "kata-snp")]
    [InlineData("kata-qemu-snp-runtime-rs", "kata-snp")]
    [InlineData("kata-qemu-tdx", "kata-tdx")]
    [InlineData("kata-cc-isolation", "aks")]
    [InlineData("kata-qemu", "kata")]
    [InlineData("kata-qemu-coco-dev", "kata-snp")]
    [InlineData("kata-remote", "kata-tdx")]
    [InlineData("confidential", "kata-snp")]
    [InlineData("acme-tdx", "kata-snp")]
    public void SaysNothing_OfAClassThatFits_OrIsNotKnown(string name, string profile) => Assert.Empty(Warnings(name, profile));

    private static IEnumerable<PolicyFinding> Warnings(string name, string profile)
    {
        Assert.True(BuiltInProfiles.TryFind(profile, out var found));
        var pod = name.Length == 0 ? "" : $"runtimeClassName: {name}";
        return Given.Derived(Given.Yaml(pod: pod), profile: found).Findings.Where(
            finding => finding.Severity is FindingSeverity.Warning && finding.Message.Contains("runtime", StringComparison.Ordinal));
    }
}
