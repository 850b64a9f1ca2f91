using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Tests.Manifests;

public sealed class ManifestFileTests
{
    private const string PodHead = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n";

    [Theory]
    [InlineData("Pod", "v1", "name: a.b", "^a\\.b$")]
    [InlineData("Pod", "v1", "generateName: web-", "^web-[bcdfghjklmnpqrstvwxz2456789]+$")]
    [InlineData("Deployment", "apps/v1", "name: web", "^web-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]+$")]
    [InlineData("DaemonSet", "apps/v1", "name: web", "^web-[bcdfghjklmnpqrstvwxz2456789]+$")]
    [InlineData("ReplicaSet", "apps/v1", "name: web", "^web-[bcdfghjklmnpqrstvwxz2456789]+$")]
    [InlineData("ReplicationController", "v1", "name: web", "^web-[bcdfghjklmnpqrstvwxz2456789]+$")]
    [InlineData("StatefulSet", "apps/v1", "name: web", "^web-[0-9]+$")]
    [InlineData("Job", "batch/v1", "name: web", "^web(-[0-9]+)?-[bcdfghjklmnpqrstvwxz2456789]+$")]
    public void Knows_TheNamesOfPods(string kind, string apiVersion, string name, string pattern)
    {
        const string pod = "{containers: [{name: a, image: b}]}";
        var spec = kind is "Pod" ? pod : $"{{template: {{spec: {pod}}}}}";

        var workload = Manifest.Single($"apiVersion: {apiVersion}\nkind: {kind}\nmetadata: {{{name}}}\nspec: {spec}\n");

        Assert.Equal(pattern, workload.PodNamePattern);
    }

    [Fact]
    public void Reads_AContainer()
    {
        var pod = Manifest.Single(PodHead
            + "  shareProcessNamespace: true\n  securityContext: {runAsUser: 1000, fsGroup: 2000, sysctls: [{name: a.b, value: '1'}]}\n"
            + "  volumes: [{name: v}, {name: c, configMap: {name: m, defaultMode: 0400}}]\n"
            + "  containers:\n  - name: a\n    image: b\n    command: [sh, -c]\n    args: []\n    env:\n    - {name: A, value: 'x'}\n"
            + "    - {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n    livenessProbe: {exec: {command: [ls]}, periodSeconds: 3}\n"
            + "    lifecycle: {preStop: {exec: {command: [stop]}}}\n    volumeMounts: [{name: v, mountPath: /v, readOnly: true}]\n"
            + "    resources: {limits: {cpu: 2, memory: 1Gi, nvidia.com/gpu: 1}}\n").Pod;

        var container = Assert.Single(pod.Containers);
        Assert.Equal("spec.containers[0]", container.Path);
        Assert.Equal(["sh", "-c"], container.Command!.Value);
        Assert.Null(container.Args);
        Assert.Equal([new LiteralEnv("x"), new FieldEnv("metadata.name")], container.Env.Select(variable => variable.Source));
        Assert.Equal(["livenessProbe", "preStop"], container.ExecCommands.Select(command => command.Origin));
        Assert.Equal(["2", "1Gi", "1"], container.Resources.Limits.Select(limit => limit.Value));
        Assert.Equal(2000, pod.SecurityContext.FsGroup);
        Assert.Equal(256, Assert.IsType<ConfigMapVolume>(pod.Volumes[1].Source).DefaultMode);
        Assert.IsType<EmptyDirVolume>(pod.Volumes[0].Source);
    }

    [Fact]
    public void Names_FileLineAndPath_OfAnUnknownField()
    {
        var finding = Manifest.Finding(PodHead + "  containers:\n  - name: a\n    image: b\n    evn: []\n");

        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.Equal("app.yaml:9:5", finding.Location!.ToString());
        Assert.Equal("spec.containers[0].evn", finding.Path);
        Assert.Contains("Did you mean 'env'?", finding.Remedy, StringComparison.Ordinal);
    }

    // What lacks because another thing stands in its place, or under a wrong name, follows from the one finding that says so.
    [Theory]
    [InlineData("  containers:\n  - name: a\n    imge: b\n", "field 'imge' is not known here")]
    [InlineData("  contaners:\n  - name: a\n    image: b\n", "field 'contaners' is not known here")]
    [InlineData("  containers: {name: a, image: b}\n", "an object stands where a list is expected")]
    [InlineData("  containers: [text]\n", "text stands where an object is expected")]
    [InlineData("  containers: [{name: a, image: b, env: [{name: A, valueFrom: text}]}]\n", "text stands where an object is expected")]
    [InlineData("  containers: [{name: a, image: b, env: [{name: A, valueFrom: {fieldRf: {fieldPath: metadata.name}}}]}]\n", "field 'fieldRf'")]
    [InlineData("  containers: [{name: a, image: b, envFrom: [{configMapRf: {name: c}}]}]\n", "field 'configMapRf'")]
    [InlineData("  containers: []\n", "a pod has at least one container")]
    [InlineData("  containers: [{name: a}]\n", "'image' is missing or empty")]
    public void OneBrokenThing_IsOneFinding(string spec, string message) =>
        Assert.Contains(message, Manifest.Finding(PodHead + spec).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("metadata: {name: Web}\nspec: {containers: [{name: a, image: b}]}", "'Web' is no name that Kubernetes takes")]
    [InlineData("metadata: text\nspec: {containers: [{name: a, image: b}]}", "text stands where an object is expected")]
    [InlineData("metadata: {}\nspec: {containers: [{name: a, image: b}]}", "the Pod has no name")]
    [InlineData("metadata: {name: web}\nspec: text", "text stands where an object is expected")]
    public void OneBrokenPartOfAPod_IsOneFinding(string rest, string message) =>
        Assert.Contains(message, Manifest.Finding($"apiVersion: v1\nkind: Pod\n{rest}\n").Message, StringComparison.Ordinal);

    [Fact]
    public void AFieldUnderAWrongName_LacksStill_WhereUnknownFieldsAreIgnored()
    {
        var findings = Manifest.Read(
            PodHead + "  containers: [{name: a, imge: b}]\n", new ManifestOptions { IgnoreUnknownFields = true }).Findings;

        Assert.Contains(findings, one => one.Severity is FindingSeverity.Error && one.Message.Contains("'image' is missing", StringComparison.Ordinal));
        Assert.Contains(findings, one => one.Severity is FindingSeverity.Warning && one.Message.Contains("'imge'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "app.yaml:6:1")]
    [InlineData("  containers: [{name: a, image: b}]\n# x", "app.yaml:7:4")]
    [InlineData("  containers: [{name: a, image: \"b", "app.yaml:6:35")]
    public void ANulCharacter_IsRefused_WhereItStands(string before, string place)
    {
        var finding = Manifest.Finding(PodHead + before + "\0\n---\nkind: Pod\n");

        Assert.Equal((FindingSeverity.Error, place), (finding.Severity, finding.Location!.ToString()));
        Assert.Contains("a NUL character", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Warns_OfAnUnknownField_ThatCannotReachTheGuest()
    {
        var finding = Manifest.Finding(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replica: 2\n  template: {spec: {containers: [{name: a, image: b}]}}\n");

        Assert.Equal(FindingSeverity.Warning, finding.Severity);
        Assert.Contains("'replicas'", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Warns_Only_WhenUnknownFieldsAreToBeIgnored()
    {
        var finding = Manifest.Finding(
            PodHead + "  novelty: 1\n  containers: [{name: a, image: b}]\n", new ManifestOptions { IgnoreUnknownFields = true });

        Assert.Equal(FindingSeverity.Warning, finding.Severity);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Pod\nkind: Pod\n", 3, "appears twice")]
    [InlineData("a: *b\n", 1, "has no anchor")]
    [InlineData("a: &a [*a]\n", 1, "has no anchor")]
    [InlineData("a: [b\n", 2, "not YAML")]
    [InlineData("a:\n\t- b\n", 1, "not YAML")]
    [InlineData("- a\n", 1, "no Kubernetes object")]
    [InlineData("kind: Pod\n", 1, "no apiVersion")]
    [InlineData("? [a]\n: b\n", 1, "no plain word")]
    public void Refuses_WhatIsNoManifest_AtItsLine(string yaml, int line, string message)
    {
        var finding = Manifest.Finding(yaml);

        Assert.Equal(line, finding.Location!.Line);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AliasesThatStandForMuchMoreThanIsWritten()
    {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        Assert.Contains("every alias followed", Manifest.Finding(yaml).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hints_ThatATemplateMustBeRendered() =>
        Assert.Contains("render it first", Manifest.Finding("a: {{ .Values.x }}\n").Remedy, StringComparison.Ordinal);

    [Fact]
    public void Refuses_NumbersAndYes_WhereTextIsExpected_AsTheServerDoes()
    {
        var findings = Manifest.Read(PodHead + "  containers:\n  - name: a\n    image: b\n    args: [1, yes, 'no']\n").Findings;

        Assert.Equal(["spec.containers[0].args[0]", "spec.containers[0].args[1]"], findings.Select(finding => finding.Path));
    }

    [Fact]
    public void Joins_SecretData_AsTheServerDoes()
    {
        var secret = Assert.Single(Manifest.Read("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: eA==, b: eA==}\nstringData: {b: yy}\n").Secrets);

        Assert.Equal("x", System.Text.Encoding.UTF8.GetString(secret.Data["a"].AsSpan()));
        Assert.Equal("yy", System.Text.Encoding.UTF8.GetString(secret.Data["b"].AsSpan()));
    }

    [Fact]
    public void Selects_ByRuntimeClass()
    {
        var yaml = PodHead + "  runtimeClassName: kata-qemu-snp\n  containers: [{name: a, image: b}]\n---\n" + PodHead + "  containers: [{name: a, image: b}]\n";

        var file = Manifest.Read(yaml, new ManifestOptions { RuntimeClassNames = ["kata"] });

        Assert.Equal("kata-qemu-snp", Assert.Single(file.Workloads).Pod.RuntimeClassName);
        Assert.Equal(1, file.PassedThrough);
    }

    [Fact]
    public void Adds_ClaimTemplatesAsVolumes()
    {
        var pod = Manifest.Single("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  template:\n    spec:\n      volumes: [{name: data, emptyDir: {}}]\n"
            + "      containers: [{name: a, image: b}]\n  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: {volumeMode: Block}\n").Pod;

        Assert.Equal(new PersistentVolumeClaimVolume("data", false, true, true), Assert.Single(pod.Volumes).Source);
    }

    [Fact]
    public void Follows_AnchorsAndMerges()
    {
        var pod = Manifest.Single("apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: &l {app: web}, annotations: *l}\nspec:\n  containers:\n"
            + "  - &base {name: a, image: b, env: &env [{name: A, value: x}]}\n  - <<: *base\n    name: c\n").Pod;

        Assert.Equal(["a", "c"], pod.Containers.Select(container => container.Name));
        Assert.Equal("b", pod.Containers[1].Image);
        Assert.Equal("A", Assert.Single(pod.Containers[1].Env).Name);
    }
}
