using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Derivation;

namespace Casemate.KataPolicy.Tests;

/// <summary>Policies in words: what one allows, what a change of it grants, and where it says so.</summary>
public sealed class PolicyReviewTests
{
    private static readonly PolicyData s_two = SamplePolicies.Pod(
        ImageForm.GuestPull, SamplePolicies.App("web", ImageForm.GuestPull), SamplePolicies.App("db", ImageForm.GuestPull));

    [Fact]
    public void AnExplanationOfTwoContainers_FitsAScreen()
    {
        var lines = PolicyExplanation.Lines(s_two);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.True(lines.Count <= 49, string.Join('\n', lines));
        Assert.Contains(lines, line => line.Contains("/bin/serve --listen=:80 --cost=$5", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("user 1000, group 3000", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', lines));
    }

    [Fact]
    public void AnExplanationOfTwoContainers_FitsAScreen_WithTheVariablesOfEveryProfile()
    {
        foreach (var profile in BuiltInProfiles.All)
        {
            var lines = PolicyExplanation.Lines(s_two with { RequestDefaults = profile.RequestDefaults, Common = profile.Common });

            Assert.All(lines, line => Assert.True(line.Length <= 80, line));
            Assert.True(lines.Count <= 49, string.Join('\n', lines));
            var text = string.Join(' ', lines.Select(line => line.Trim()));
            Assert.Contains("may add  variables that a container's env does not name, <…> being any: any address and port as <NAME>_PORT, ", text,
                StringComparison.Ordinal);
            Assert.Contains("AZURE_CLIENT_ID=<hex digits>; AZURE_TENANT_ID=<hex digits>; ", text, StringComparison.Ordinal);
            Assert.DoesNotContain("what matches", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("^HOSTNAME=$(dns_label)$", "HOSTNAME=<name>")]
    [InlineData("^$(svc_name)_PORT=(tcp|udp|sctp)://$(ipv4_a):$(ip_p)$", "any address and port as <NAME>_PORT")]
    [InlineData("^$(svc_name)_PORT_$(ip_p)_TCP=tcp://$(ipv4_a):$(ip_p)$", "any address and port as <NAME>_PORT_…")]
    [InlineData("^$(svc_name)_SERVICE_PORT(_[A-Z0-9_]+)?=$(ip_p)$", "any address and port as <NAME>_SERVICE_PORT[_<NAME>]")]
    [InlineData("^$(svc_name)_SERVICE_HOST=.*$", "<NAME>_SERVICE_HOST=<anything>")]
    [InlineData("^AZURE_AUTHORITY_HOST=https://login\\.microsoftonline\\.com/$", "AZURE_AUTHORITY_HOST=https://login.microsoftonline.com/")]
    [InlineData("JOB_COMPLETION_INDEX=[0-9]{1,10}", "JOB_COMPLETION_INDEX=<number>")]
    [InlineData("^A=1|B=.*$", "what matches '^A=1|B=.*$'")]
    [InlineData("^A=[0-9]+?$", "what matches '^A=[0-9]+?$'")]
    [InlineData("^A=<number>$", "what matches '^A=<number>$'")]
    [InlineData("^A=5\\$$", "A=5$")]
    [InlineData("^A=5\\$", "A=5$")]
    [InlineData(".*", "what matches '.*'")]
    public void VariablesThatAHostMayAdd_AreSaidInWords_WhereTheyAreKnown(string pattern, string words)
    {
        var data = s_two with { RequestDefaults = s_two.RequestDefaults with { CreateContainer = new() { AllowEnvRegex = [pattern] } } };

        var line = Assert.Single(PolicyExplanation.Lines(data, 1000), line => line.StartsWith("may add ", StringComparison.Ordinal));

        Assert.Equal(words, line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
    }

    [Fact]
    public void WordsOfVariables_AreNotThoseOfOtherPatterns()
    {
        var data = s_two with
        {
            Common = s_two.Common with { DnsLabel = ".*" },
            RequestDefaults = s_two.RequestDefaults with { CreateContainer = new() { AllowEnvRegex = ["^HOSTNAME=$(dns_label)$"] } },
        };

        Assert.Contains(PolicyExplanation.Lines(data, 1000), line => line.EndsWith(": what matches '^HOSTNAME=.*$'", StringComparison.Ordinal));
    }

    [Fact]
    public void AnExplanation_SaysThatNothingMayBeAdded_ByKeepingSilent() => Assert.DoesNotContain(
        PolicyExplanation.Lines(s_two with { RequestDefaults = s_two.RequestDefaults with { CreateContainer = new() { AllowEnvRegex = [] } } }),
        line => line.StartsWith("may add", StringComparison.Ordinal));

    // The key of a ConfigMap that is no identifier: kubelets differ in whether they pass it on.
    [Fact]
    public void AnExplanation_NamesTheVariablesOfEnvFrom_ThatNeedNotBeThere()
    {
        var data = Given.Data(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata: {a.b: \"1$\"}\n---\n"
                + Given.Yaml("envFrom: [{configMapRef: {name: c}}]"));

        Assert.Contains(PolicyExplanation.Lines(data, 1000), line =>
            line.StartsWith("may add ", StringComparison.Ordinal) && line.EndsWith("; a.b=1$", StringComparison.Ordinal));
    }

    [Fact]
    public void AnExplanation_CutsNoVariable_WhoseEndIsTheHosts()
    {
        var web = s_two.Containers[1];
        string[] variables = [$"A={new string('x', 60)}$(todo-annotation)", $"B={new string('y', 60)}"];
        var data = With(web with { Oci = web.Oci with { Process = web.Oci.Process with { Env = variables } } });

        Assert.Contains(PolicyExplanation.Lines(data, 1000), line =>
            line.Contains($"A={new string('x', 60)}<anything> B={new string('y', 45)}…", StringComparison.Ordinal));
    }

    [Fact]
    public void APolicy_DiffersNotFromItself() => Assert.Empty(PolicyDiff.Compare(SamplePolicies.Layered, SamplePolicies.Layered));

    [Fact]
    public void ADifference_SaysWhatIsGranted_ByContainer()
    {
        var web = s_two.Containers[1];
        var changed = web with
        {
            Oci = web.Oci with
            {
                Process = web.Oci.Process with
                {
                    User = new UserPolicy(0, 3000) { AdditionalGids = [2000, 3000] },
                    Env = [.. web.Oci.Process.Env, "NEW=1"]
                }
            },
        };
        var changes = PolicyDiff.Compare(s_two, s_two with { Containers = [s_two.Containers[0], changed] });
        Assert.Contains(new PolicyChange("web", true, "would now allow the user 0 instead of 1000"), changes);
        Assert.Contains(new PolicyChange("web", true, "would now allow the variable NEW=1"), changes);
        Assert.Contains(new PolicyChange("db", false, "no longer allows this container"), changes);
    }

    [Theory]
    [MemberData(nameof(HonestRequestsTests.Policies), MemberType = typeof(HonestRequestsTests))]
    public void RulesThatCasemateWrote_AreItsOwn(string name)
    {
        var text = AgentPolicyText.Write(HonestRequestsTests.Sample(name));
        Assert.True(PolicyRules.AreCasemates(text));
        Assert.True(PolicyRules.AreCasemates(text.Replace("\n", "\r\n", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("default ExecProcessRequest := false", "default ExecProcessRequest := true")]
    [InlineData("package agent_policy\n", "package agent_policy\nExecProcessRequest := true\n")]
    [InlineData("\npolicy_data := {", "\nSetPolicyRequest := true\npolicy_data := {")]
    [InlineData("\"Cwd\"", "\"Cwd2\"")]
    public void RulesThatWereEdited_AreNotCasemates(string from, string to)
    {
        var text = AgentPolicyText.Write(s_two);
        Assert.Contains(from, text, StringComparison.Ordinal);
        Assert.False(PolicyRules.AreCasemates(text.Replace(from, to, StringComparison.Ordinal)));
    }

    [Fact]
    public void RulesOfAnotherPod_OrThatAllowWhatTheyDeny_AreNotCasemates()
    {
        var text = AgentPolicyText.Write(s_two);
        var open = AgentPolicyText.Write(s_two, allowRequestsFailingPolicy: true);
        Assert.False(PolicyRules.AreCasemates(open));
        Assert.False(PolicyRules.AreIdentical(text, open));
        var ordered = AgentPolicyText.Write(SamplePolicies.Layered);
        Assert.False(PolicyRules.AreCasemates(
            text[..PolicyDataText.FindMarker(text)] + ordered[PolicyDataText.FindMarker(ordered)..]));
        Assert.False(PolicyRules.AreCasemates("package agent_policy\n"));
    }

    [Fact]
    public void ACapability_IsOneChange_WhateverSetsHoldIt()
    {
        var usual = s_two.Common.DefaultCaps;
        Assert.Equal([new PolicyChange("web", true, "would now allow CAP_NET_ADMIN")], Capabilities(Three([.. usual, "CAP_NET_ADMIN"])));
        Assert.Equal(
            [new PolicyChange("web", false, "no longer allows CAP_NET_RAW")],
            Capabilities(Three([.. usual.Where(one => one != "CAP_NET_RAW")])));
        Assert.Empty(Capabilities(Three([.. usual.Reverse()])));
        Assert.Equal(
            [new PolicyChange("web", true, "would now allow CAP_KILL (ambient)")],
            Capabilities(new CapabilitiesPolicy { Ambient = ["CAP_KILL"] }));
        var privileged = Capabilities(Three(["$(privileged_caps)"]));
        Assert.Equal(s_two.Common.PrivilegedCaps.Count - usual.Count, privileged.Count);
        Assert.All(privileged, change => Assert.True(change.Grants));
    }

    [Fact]
    public void WhatAPlaceholderStandsFor_IsCompared()
    {
        var wider = s_two.Common with { DefaultCaps = [.. s_two.Common.DefaultCaps, "CAP_BPF"] };
        var changes = PolicyDiff.Compare(s_two, s_two with { Common = wider });
        Assert.Contains(new PolicyChange("pause", true, "would now allow CAP_BPF"), changes);
        Assert.NotEmpty(PolicyDiff.Compare(s_two, s_two with { Common = s_two.Common with { SfPrefix = ".*" } }));
    }

    [Fact]
    public void AnImageOfOtherContent_OrAnotherSigner_IsAChange()
    {
        var web = s_two.Containers[1];
        Assert.NotEmpty(PolicyDiff.Compare(s_two, With(web with { Image = web.Image! with { DiffIds = [] } })));
        Assert.Contains(
            new PolicyChange("web", true, "would now allow the image's signer key k instead of anybody or nobody"),
            PolicyDiff.Compare(s_two, With(web with { Image = web.Image! with { Signer = new ImageSigner { Key = "k" } } })));
    }

    [Fact]
    public void AnExplanation_NamesNoCapabilities_TheRoot_TheScratchDisk_AndTheNodesNetwork()
    {
        var (pause, web) = (s_two.Containers[0], s_two.Containers[1]);
        var data = s_two with
        {
            Containers =
            [
                With(pause, "nerdctl/network-namespace", "^/var/run/netns/cnitest-[0-9a-f]{8}$"),
                web with
                {
                    Storages = [SamplePolicies.BlockStorage],
                    Oci = web.Oci with
                    {
                        Root = new RootPolicy(Readonly: true), Process = web.Oci.Process with { Capabilities = Three([]) },
                    },
                },
            ],
        };
        var text = string.Join(' ', PolicyExplanation.Lines(data, 1000));
        Assert.Contains("caps     none", text, StringComparison.Ordinal);
        Assert.Contains("root file system read-only", text, StringComparison.Ordinal);
        Assert.Contains("from encrypted scratch disk", text, StringComparison.Ordinal);
        Assert.Contains("hostNetwork", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hostNetwork", string.Join(' ', PolicyExplanation.Lines(s_two, 1000)), StringComparison.Ordinal);
        Assert.DoesNotContain("encrypted", string.Join(' ', PolicyExplanation.Lines(
            s_two with { Containers = [pause, web with { Storages = [SamplePolicies.BlockStorage with { DriverOptions = [] }] }] }, 1000)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void AnExplanation_InfersNoNetworkFromOtherNamespaces()
    {
        var pause = s_two.Containers[0];
        var without = s_two with
        {
            Containers = [pause with { Oci = pause.Oci with { Linux = pause.Oci.Linux with { Namespaces = [new("ipc"), new("mount")] } } }],
        };
        var text = string.Join(' ', PolicyExplanation.Lines(without, 1000));
        Assert.DoesNotContain("hostNetwork", text, StringComparison.Ordinal);
        Assert.Contains("shares the guest's host name", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("^web$", "named web, in namespace shop")]
    [InlineData("^web-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]+$", "named web-<suffix>-<suffix>, in")]
    [InlineData("^db-[0-9]+$", "named db-<number>, in")]
    [InlineData(@"^a\.b(-[0-9]+)?-[bcdfghjklmnpqrstvwxz2456789]+$", "named a.b[-<number>]-<suffix>, in")]
    [InlineData("^web-.*$", "named as ^web-.*$ matches, in")]
    [InlineData("web", "named as web matches, in")]
    public void APodsNames_AreSaidInWords_WhereTheyAreKnown(string pattern, string words)
    {
        var data = s_two with { Containers = [With(s_two.Containers[0], "io.kubernetes.cri.sandbox-name", pattern)] };
        Assert.Contains($"pod      {words}", PolicyExplanation.Lines(data, 1000)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void AnExplanation_SaysGroupsInWords_AndWhatIsNotHidden()
    {
        var web = s_two.Containers[1];
        Assert.Contains(PolicyExplanation.Lines(s_two, 1000), line => line.Contains("user 1000, group 3000 and in group 2000 in /srv", StringComparison.Ordinal));
        var open = With(web with { Oci = web.Oci with { Linux = web.Oci.Linux with { MaskedPaths = [] } } });
        Assert.Contains("  kernel   no file of /proc and /sys is hidden", PolicyExplanation.Lines(open, 1000));
        Assert.DoesNotContain(PolicyExplanation.Lines(s_two, 1000), line => line.Contains("is hidden", StringComparison.Ordinal));
    }

    [Fact]
    public void ADifferenceOfHiddenPaths_NamesThem_AndTheirOrderIsNone()
    {
        var web = s_two.Containers[1];
        PolicyData Linux(string[] masked, string[] readOnly) =>
            With(web with { Oci = web.Oci with { Linux = web.Oci.Linux with { MaskedPaths = masked, ReadonlyPaths = readOnly } } });

        Assert.Equal(
            [
                new PolicyChange("web", true, "would now allow to see what was hidden (masked paths): /proc/kcore"),
                new PolicyChange("web", false, "no longer allows to see (masked paths): /proc/keys"),
                new PolicyChange("web", true, "would now allow to write to what was read-only: /proc/bus, /proc/sys"),
            ],
            PolicyDiff.Compare(s_two, Linux(["/proc/acpi", "/proc/keys"], [])));
        Assert.Empty(PolicyDiff.Compare(s_two, Linux(["/proc/kcore", "/proc/acpi"], ["/proc/sys", "/proc/bus"])));
    }

    [Fact]
    public void ARenamedContainer_IsComparedWithWhatItWas()
    {
        var web = s_two.Containers[1];
        var renamed = web with { Name = "site", Oci = web.Oci with { Process = web.Oci.Process with { Cwd = "/tmp" } } };

        Assert.Equal(
            [
                new PolicyChange("site", true, "would now allow this container under the name 'site' instead of 'web'"),
                new PolicyChange("site", true, "would now allow the working directory /tmp instead of /srv"),
            ],
            PolicyDiff.Compare(s_two, With(renamed)).Where(change => change.Container.Length > 0));
        Assert.Contains(
            new PolicyChange("web", false, "no longer allows this container"),
            PolicyDiff.Compare(s_two, With(renamed with { Image = SamplePolicies.Image("other", ImageForm.GuestPull) })));
    }

    [Fact]
    public void ADifferenceOfThePodsNames_IsSaidOnce_AndInWords()
    {
        var renamed = s_two with
        {
            Containers = [.. s_two.Containers.Select(one => With(one, "io.kubernetes.cri.sandbox-name", "^shop-[0-9]+$"))],
        };

        Assert.Equal(
            [new PolicyChange("", true, "would now allow pods named shop-<number> instead of named web-<suffix>-<suffix>")],
            PolicyDiff.Compare(s_two, renamed));
    }

    [Fact]
    public void AnAnnotationOfOneContainerAlone_IsAChangeOfThatContainer() =>
        Assert.Equal(
            [new PolicyChange("web", true, "would now allow the annotation example.com/tier=back instead of example.com/tier=front")],
            PolicyDiff.Compare(s_two, With(With(s_two.Containers[1], "example.com/tier", "back"))));

    [Fact]
    public void ARequest_HasTheLineOfItsRule_OrOfItsDefault()
    {
        var text = AgentPolicyText.Write(s_two);
        var lines = text.Split('\n');

        Assert.Equal("default ReadStreamRequest := false", lines[PolicyPlace.LineOfRule(text, "ReadStreamRequest", out var isDefault) - 1]);
        Assert.True(isDefault);
        Assert.StartsWith("CreateContainerRequest := {", lines[PolicyPlace.LineOfRule(text, "CreateContainerRequest", out isDefault) - 1], StringComparison.Ordinal);
        Assert.False(isDefault);
        Assert.Equal(0, PolicyPlace.LineOfRule(text, "NoSuchRequest", out isDefault));
        Assert.False(isDefault);
        Assert.Contains("\"containers\":", lines[PolicyPlace.LineOfMember(text, "containers") - 1], StringComparison.Ordinal);
        Assert.Contains("\"sandbox\":", lines[PolicyPlace.LineOfMember(text, "sandbox") - 1], StringComparison.Ordinal);
        Assert.Equal(0, PolicyPlace.LineOfMember(text, "nothing"));
    }

    [Theory]
    [InlineData("web", "OCI.Process.Args", "\"Args\"")]
    [InlineData("db", "OCI.Mounts[3].source", "\"Mounts\"")]
    [InlineData("db", "storages", "\"storages\"")]
    public void AFieldAtFault_HasALine(string container, string path, string wanted)
    {
        var text = AgentPolicyText.Write(s_two);
        var line = PolicyPlace.LineOf(text, container, path);
        var lines = text.Split('\n');
        Assert.Contains(wanted, lines[line - 1], StringComparison.Ordinal);
        var name = Array.FindLastIndex(lines, line - 1, one => one.Contains("\"name\"", StringComparison.Ordinal));
        Assert.Contains($"\"{container}\"", lines[name], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("^web-[0-9]+(-[0-9]+)?-[bcd]+$", "web-0-b")]
    [InlineData("(?:/passthrough)?x{3}(a|b)\\.c[^ab]", "xxxa.c0")]
    public void APattern_HasASample(string pattern, string sample)
    {
        Assert.Equal(sample, PatternSample.Of(pattern));
        Assert.Matches(pattern, sample);
    }

    private static ContainerPolicy With(ContainerPolicy container, string annotation, string value) => container with
    {
        Oci = container.Oci with { Annotations = new Dictionary<string, string>(container.Oci.Annotations) { [annotation] = value } },
    };

    private static PolicyData With(ContainerPolicy web) => s_two with { Containers = [s_two.Containers[0], web, s_two.Containers[2]] };

    private static CapabilitiesPolicy Three(string[] set) => new() { Bounding = set, Effective = set, Permitted = set };

    private static IReadOnlyList<PolicyChange> Capabilities(CapabilitiesPolicy capabilities)
    {
        var web = s_two.Containers[1];
        var usual = Changed(new CapabilitiesPolicy());
        return PolicyDiff.Compare(usual, Changed(capabilities));

        PolicyData Changed(CapabilitiesPolicy one) =>
            With(web with { Oci = web.Oci with { Process = web.Oci.Process with { Capabilities = one } } });
    }
}
