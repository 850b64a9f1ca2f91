using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Tests.Derivation;

/// <summary>The variables of a container: one value for each name, the last writer's.</summary>
public sealed class EnvironmentOfContainerTests
{
    private static IReadOnlyList<string> Env(string lines = "", ImageStart? start = null, string pod = "", string more = "") =>
        Given.Container(lines, start, pod: pod, more: more).Oci.Process.Env;

    [Fact]
    public void HoldsTheImagesVariablesAndTheHostName() => Assert.Equal([Given.Path, "HOSTNAME=$(host-name)"], Env());

    [Fact]
    public void HasAPath_WhereTheImageGivesNone() => Assert.Contains(Given.Path, Env(start: new ImageStart { Env = ["A=1"], Cmd = ["x"] }));

    [Fact]
    public void TakesThePodsValue_OverTheImages()
    {
        var env = Env("env:\n- {name: MODE, value: pod}", Given.Start with { Env = ["MODE=image"] });

        Assert.Contains("MODE=pod", env);
        Assert.DoesNotContain("MODE=image", env);
    }

    [Fact]
    public void TakesTheLaterOfTwoValues() => Assert.Contains("A=2", Env("env:\n- {name: A, value: '1'}\n- {name: A, value: '2'}"));

    [Fact]
    public void ExpandsEarlierVariables_AndLeavesLaterOnes() =>
        Assert.Equal(
            ["A=1", "B=1-$$(C)", "C=3"],
            Env("env:\n- {name: A, value: '1'}\n- {name: B, value: $(A)-$(C)}\n- {name: C, value: '3'}").Skip(2));

    [Fact]
    public void DoesNotExpandVariablesOfTheImage() => Assert.Contains("B=$$(PATH)", Env("env:\n- {name: B, value: $(PATH)}"));

    [Theory]
    [InlineData("metadata.name", "$(sandbox-name)")]
    [InlineData("metadata.namespace", "shop")]
    [InlineData("metadata.uid", "$(pod-uid)")]
    [InlineData("spec.nodeName", "$(node-name)")]
    [InlineData("spec.serviceAccountName", "default")]
    [InlineData("status.hostIP", "$(host-ip)")]
    [InlineData("status.podIP", "$(pod-ip)")]
    public void NamesFieldsOfThePod(string field, string expected) =>
        Assert.Contains($"F={expected}", Env($"env:\n- name: F\n  valueFrom: {{fieldRef: {{fieldPath: {field}}}}}"));

    [Fact]
    public void AcceptsAnyValue_OfALabelThatTheDocumentDoesNotHave() =>
        Assert.Contains("F=$(todo-annotation)", Env("env:\n- name: F\n  valueFrom: {fieldRef: {fieldPath: \"metadata.labels['x']\"}}"));

    [Fact]
    public void LeavesResourcesToTheCluster() =>
        Assert.Contains("F=$(resource-field)", Env("env:\n- name: F\n  valueFrom: {resourceFieldRef: {resource: limits.cpu}}"));

    [Fact]
    public void ReadsKeysOfAConfigMap() =>
        Assert.Contains("F=a$$b", Env(
            "env:\n- name: F\n  valueFrom: {configMapKeyRef: {name: conf, key: k}}",
            more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {k: a$b}"));

    [Fact]
    public void ReadsAllOfAConfigMap_AndLetsSingleVariablesWin() =>
        Assert.Equal(["P_A=own", "P_B=2"], Env(
            "envFrom:\n- {prefix: P_, configMapRef: {name: conf}}\nenv:\n- {name: P_A, value: own}",
            more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {A: '1', B: '2'}").Skip(2));

    [Fact]
    public void WarnsThatValuesOfSecretsBecomeReadable()
    {
        var derived = Given.Derived(Given.Yaml(
            "env:\n- name: F\n  valueFrom: {secretKeyRef: {name: s, key: k}}",
            more: "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: word}"));

        Assert.Contains("F=word", derived.Data!.Containers[1].Oci.Process.Env);
        Assert.Contains(
            derived.Findings, finding =>
            finding.Severity is FindingSeverity.Warning && finding.Message.Contains("readable", StringComparison.Ordinal));
        Assert.DoesNotContain(derived.Findings, finding => finding.Message.Contains("word", StringComparison.Ordinal));
    }

    [Fact]
    public void IsRefused_WithoutAConfigMapThatItNeeds()
    {
        var error = Given.Error("env:\n- name: F\n  valueFrom: {configMapKeyRef: {name: conf, key: k}}");

        Assert.Equal("spec.containers[0].env[0]", error.Path);
        Assert.Contains("'conf'", error.Message, StringComparison.Ordinal);
        Assert.Contains("--config-file", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void LeavesOutWhatIsOptionalAndMissing() =>
        Assert.DoesNotContain(
            Env("env:\n- name: F\n  valueFrom: {configMapKeyRef: {name: conf, key: k, optional: true}}"), text =>
            text.StartsWith("F=", StringComparison.Ordinal));

    [Fact]
    public void MakesKeysThatAreNoIdentifiers_Optional()
    {
        var data = Given.Data(Given.Yaml(
            "envFrom:\n- configMapRef: {name: conf}",
            more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {app.conf: a$b}"));

        Assert.DoesNotContain(data.Containers[1].Oci.Process.Env, text => text.StartsWith("app.conf", StringComparison.Ordinal));
        Assert.Contains(@"^app\.conf=a\$b$", data.RequestDefaults.CreateContainer.AllowEnvRegex);
    }

    [Fact]
    public void AllowsServiceVariablesOfTheClusterAlone_WithoutServiceLinks() =>
        Assert.All(
            Given.Data(Given.Yaml(pod: "enableServiceLinks: false")).RequestDefaults.CreateContainer.AllowEnvRegex,
            pattern => Assert.DoesNotContain("$(svc_name)", pattern, StringComparison.Ordinal));

    [Fact]
    public void AllowsTheCompletionIndex_OnlyInJobs() =>
        Assert.DoesNotContain(
            Given.Data(Given.Yaml()).RequestDefaults.CreateContainer.AllowEnvRegex, pattern =>
            pattern.Contains("JOB_COMPLETION", StringComparison.Ordinal));
}
