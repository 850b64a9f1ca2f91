using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Derivation;

namespace Casemate.KataPolicy.Tests;

/// <summary>Every change of an honest request is denied, unless the field is free by design and listed as such.</summary>
public sealed class AttackLibraryTests
{
    public static TheoryData<string> Profiles => [.. BuiltInProfiles.All.Select(profile => profile.Name)];

    public static TheoryData<string, string> TwicePlaced
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var profile in BuiltInProfiles.All)
            {
                rows.Add(profile.Name, "emptyDir: {medium: Memory}");
                rows.Add(profile.Name, "emptyDir: {}");
            }

            rows.Add("aks", "configMap: {name: x}");
            rows.Add("kata-snp", "configMap: {name: x}");
            rows.Add("kata-snp", "persistentVolumeClaim: {claimName: x}");
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(HonestRequestsTests.Policies), MemberType = typeof(HonestRequestsTests))]
    public void FindsNothing_InAPolicyOfOurs(string name)
    {
        var data = HonestRequestsTests.Sample(name);

        var report = Try(AgentPolicyText.Write(data), data);

        Assert.True(report.Holds, string.Join('\n', report.Findings));
        Assert.True(report.Denied > 1000, $"{report}");
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void FindsNothing_InAPolicyOfAnyProfile(string name)
    {
        Assert.True(BuiltInProfiles.TryFind(name, out var profile));
        var data = Given.Data(Given.Yaml("env: [{name: MODE, value: strict}]"), profile: profile);

        var report = Try(AgentPolicyText.Write(data), data);

        Assert.True(report.Holds, string.Join('\n', report.Findings));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void FindsNothing_InAPolicyWithRawBlockVolumes(string name)
    {
        Assert.True(BuiltInProfiles.TryFind(name, out var profile));
        var data = Given.Data(
            Given.Yaml(
                "volumeDevices: [{name: v, devicePath: /dev/a}, {name: w, devicePath: /dev/b}]",
                "volumes: [{name: v, persistentVolumeClaim: {claimName: v}}, {name: w, persistentVolumeClaim: {claimName: w}}]"),
            profile: profile);

        var report = Try(AgentPolicyText.Write(data), data);

        Assert.True(report.Holds, string.Join('\n', report.Findings));
    }

    [Theory]
    [MemberData(nameof(TwicePlaced))]
    public void FindsNothing_WhereOneVolumeStandsAtTwoPlaces(string name, string volume)
    {
        Assert.True(BuiltInProfiles.TryFind(name, out var profile));
        var data = Given.Data(
            Given.Yaml(
                "volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}, {name: w, mountPath: /w/a}]",
                $$"""
                volumes: [{name: v, {{volume}}}, {name: w, {{volume}}}]
                initContainers:
                - name: first
                  image: registry.example/app:1
                  volumeMounts: [{name: v, mountPath: /x/a}]
                """),
            profile: profile);

        var report = Try(AgentPolicyText.Write(data), data);

        Assert.True(report.Holds, string.Join('\n', report.Findings));
    }

    [Theory]
    [InlineData("  device.Type == \"b\"\n", "OCI.Linux.Devices[0].Type")]
    [InlineData("  ok_nodes\n", "OCI.Linux.Devices", "OCI.Linux.Devices[0]")]
    public void FindsTheNodeOfARawBlockVolume_WhereRulesDoNotHoldIt(string rule, params string[] expected)
    {
        var data = Given.Data(
            Given.Yaml("volumeDevices: [{name: v, devicePath: /dev/a}]", "volumes: [{name: v, persistentVolumeClaim: {claimName: v}}]"));
        var rules = AgentPolicyText.Write(data);
        Assert.Contains(rule, rules, StringComparison.Ordinal);

        var report = Try(rules.Replace(rule, "", StringComparison.Ordinal), data);

        Assert.Equal(expected, report.Findings.Select(finding => finding.Path).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void FindsNothing_WhereTheSettingsLetTheHostUseStreams(bool read, bool write)
    {
        var data = Streams(SamplePolicies.Web, read, write);

        var report = Try(AgentPolicyText.Write(data), data);

        Assert.True(report.Holds, string.Join('\n', report.Findings));
    }

    // What is free under one condition is a finding wherever rules let it through without.
    [Theory]
    [InlineData(false, false, "stdin_port", "stdout_port", "stderr_port")]
    [InlineData(true, false, "stdin_port")]
    [InlineData(false, true, "stdout_port", "stderr_port")]
    public void FindsThePortsOfStreams_ThatTheSettingsDoNotAllow(bool read, bool write, params string[] expected)
    {
        var data = Streams(SamplePolicies.Web, read, write);
        const string Rule = "  policy_data.request_defaults[name] == true\n";
        var rules = AgentPolicyText.Write(data);
        Assert.Contains(Rule, rules, StringComparison.Ordinal);

        var report = Try(rules.Replace(Rule, "", StringComparison.Ordinal), data);

        foreach (var kind in new[] { "CreateContainerRequest", "ExecProcessRequest" })
        {
            Assert.Equal(expected.Order(), report.Findings.Where(finding => finding.Kind == kind).Select(finding => finding.Path).Distinct().Order());
        }
    }

    [Fact]
    public void FindsTheNameOfAnImage_WhereThePolicyBindsIt()
    {
        // Where the guest pulls, the storage names the image once more: there the name cannot be changed alone.
        var data = SamplePolicies.Pod(ImageForm.HostTarfsVerity, SamplePolicies.App("web", ImageForm.HostTarfsVerity));
        const string Rule = "anno_ok(\"io.kubernetes.cri.image-name\", _) if {\n  not c.image\n}\n";
        var rules = AgentPolicyText.Write(data);
        Assert.Contains(Rule, rules, StringComparison.Ordinal);

        var report = Try(
            rules.Replace(Rule, "anno_ok(\"io.kubernetes.cri.image-name\", _) := true\n", StringComparison.Ordinal)
                .Replace("  input.OCI.Annotations[\"io.kubernetes.cri.image-name\"] == c.image.reference\n", "  true\n", StringComparison.Ordinal),
            data);

        Assert.Contains(report.Findings, finding => finding is { Attack: "change one field", Path: "OCI.Annotations['io.kubernetes.cri.image-name']" });
        Assert.Contains(report.Findings, finding => finding is { Attack: "remove one field", Path: "OCI.Annotations['io.kubernetes.cri.image-name']" });
    }

    private static PolicyData Streams(PolicyData data, bool read, bool write) => data with
    {
        RequestDefaults = data.RequestDefaults with { ReadStream = read, WriteStream = write },
    };

    private static AttackReport Try(string text, PolicyData data)
    {
        Assert.True(AgentPolicy.TryCompile(text, out var policy, out var errors), string.Join('\n', errors));
        return AttackLibrary.Try(policy, data, TestContext.Current.CancellationToken);
    }
}
