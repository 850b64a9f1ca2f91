using System.Text;
using System.Text.Json;
using Casemate.KataPolicy.Manifests;
using Casemate.Testing;

namespace Casemate.Admission.Tests;

/// <summary>What is wrong with the documents of a file, and what mends it.</summary>
public sealed class ManifestLintTests
{
    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n";

    // The rule, the YAML, the letters of the field at fault, and the letters after mending (null: nothing is mended).
    public static TheoryData<string, string, string, string?> Rules => new()
    {
        { "AmountInBytes", Limit("sgx.intel.com/epc: \"10\" # ten"), "sgx.intel.com/epc", "sgx.intel.com/epc: \"10Mi\" # ten" },
        { "AmountInBytes", Limit("sgx.intel.com/epc: 10"), "sgx.intel.com/epc", "sgx.intel.com/epc: 10Mi\n" },
        { "AmountInBytes", Limit("sgx.intel.com/epc: '10'"), "sgx.intel.com/epc", "sgx.intel.com/epc: '10Mi'\n" },
        { "AmountInBytes", Limit("sgx.intel.com/epc: 5000"), "sgx.intel.com/epc", null },
        { "AmountWithSuffix", Limit("kubernetes.azure.com/sgx_epc_mem_in_MiB: 10Mi"), "kubernetes.azure.com", "sgx_epc_mem_in_MiB: \"10\"\n" },
        { "AmountWithSuffix", Limit("openenclave.io/sgx_epc_MiB: 1Gi"), "openenclave.io", "sgx_epc_MiB: \"1024\"\n" },
        { "AmountWithSuffix", Limit("openenclave.io/sgx_epc_MiB: 10M"), "openenclave.io", null },
        { "AmountUnreadable", Limit("sgx.intel.com/epc: 0.5"), "sgx.intel.com/epc", null },
        { "UnknownResource", Limit("sgx.intel.com/sgx_epc_mem_in_MiB: 10"), "sgx.intel.com/sgx", "        kubernetes.azure.com/sgx_epc_mem_in_MiB: 10\n" },
        { "UnknownResource", Limit("\"sgx.intel.com/ecp\": 10Mi"), "\"sgx.intel.com/ecp", "        \"sgx.intel.com/epc\": 10Mi\n" },
        {
            "AmountsDiffer", Limit("sgx.intel.com/epc: 10Mi", "    requests:\n        sgx.intel.com/epc: 5Mi # less\n"), "name: c",
            "        sgx.intel.com/epc: 10Mi # less\n"
        },
        {
            "ValueNotText", Limit("sgx.intel.com/epc: 10Mi", after: "    env:\n    - name: SGX_AESM_ADDR\n      value: 1\n"), "value: 1",
            "      value: \"1\"\n"
        },
        {
            "HostDevice",
            Limit("sgx.intel.com/epc: 10Mi", after: "    volumeMounts:\n    - name: sgx\n      mountPath: /dev/sgx\n  volumes:\n  - name: sgx\n    hostPath: {path: /dev/sgx_enclave}\n"),
            "hostPath", "sgx.intel.com/epc: 10Mi\n<end>"
        },
        {
            "HostDevice",
            Limit("sgx.intel.com/epc: 10Mi\n        sgx.intel.com/provision: 1", after: "    volumeMounts: [{name: a, mountPath: /a}, {name: s, mountPath: /dev/sgx}]\n  volumes: [{name: a}, {name: s, hostPath: {path: /dev/sgx}}]\n"),
            "hostPath", "    volumeMounts: [{name: a, mountPath: /a}]\n  volumes: [{name: a}]\n"
        },
        { "HostDevice", Limit("sgx.intel.com/epc: 10Mi", after: "    volumeMounts: [{name: s, mountPath: /d}]\n  volumes: [{name: s, hostPath: {path: /dev/sgx_provision}}]\n"), "hostPath", null },
        { "Privileged", Limit("sgx.intel.com/epc: 10Mi", after: "    securityContext: {privileged: true}\n  volumes: [{name: s, hostPath: {path: /dev/sgx}}]\n"), "privileged", null },
        { "HostDevice", Pod + "  containers: [{name: c, volumeMounts: [{name: s, mountPath: /d}]}]\n  volumes: [{name: s, hostPath: {path: /dev/sgx}}]\n", "hostPath", null },
        { "Privileged", Limit("sgx.intel.com/epc: 10Mi", after: "    securityContext: {privileged: true}\n"), "privileged", null },
        {
            "Privileged",
            Limit("sgx.intel.com/epc: 10Mi", after: "    securityContext: {privileged: true}\n  volumes: [{name: s, hostPath: {path: /dev/sgx_enclave}}]\n"),
            "privileged", "sgx.intel.com/epc: 10Mi\n  volumes: "
        },
        { "UserNamespace", Limit("sgx.intel.com/epc: 10Mi", after: "  hostUsers: false\n"), "hostUsers", null },
        { "MalformedPod", "apiVersion: v1\nkind: Pod\nspec: [1]\n", "spec", null },
        { "MalformedPod", "apiVersion: v1\nkind: Pod\n", "apiVersion", null },
        { "MalformedPod", "apiVersion: v1\nkind: List\nitems: 5\n", "items", null },
        { "MalformedPod", "apiVersion: v1\nkind: List\nitems: [{kind: Service}, 7]\n", "7]", null },
        { "MalformedPod", "kind: Deployment\nspec:\n  template: {spec: nothing}\n", "spec: nothing", null },
        { "MalformedPod", Pod + "  containers:\n  - name: c\n    resources: 5\n", "resources", null },
        { "GL01", "apiVersion: v1labs # a model\nproperties: {}\n", "apiVersion", "apiVersion: vlabs # a model\n" },
        { "GL01", "{\"apiVersion\": \"v1labs\"}", "\"apiVersion", "{\"apiVersion\": \"vlabs\"}" },
        { "GL02", "{\"properties\": {\"orchestratorProfile\": {\"OrchestratorVersion\": \"1.14.7\"}}}", "\"Orch", null },
        { "GL02", "kind: ConfidentialCluster\nspec:\n  kubernetes:\n    version: \"1.15\"\n", "version", null },
        { "GL03", "{\"properties\": {\"masterProfile\": {\"dnsPrefix\": \"\"}}}", "\"dnsPrefix", null },
        { "GL09", Pod + "  containers: [{name: c, securityContext: {privileged: true}}]\n  volumes: [{name: s, hostPath: {path: /dev/sgx}}]\n", "privileged", null },
        { "GL10", Pod + "  nodeSelector: # where\n  tee: sgx\n  containers: []\n", "nodeSelector", "  nodeSelector: {tee: sgx} # where\n  containers: []\n" },
        { "GL10", Pod + "  nodeSelector:\n  containers: []\n", "nodeSelector", null },
        { "GL11", "kind: Deployment\nspec:\n  template:\n    spec:\n      restartPolicy: OnFailure\n      containers: []\n", "restartPolicy", "      restartPolicy: Always\n" },
        {
            "GL12", Pod + "  containers:\n  - name: c\n    image: a/oe-helloworld\n    # wrong\n    command:\n    - oe-sgx-device-plugin\n    args: []\n", "command",
            "    # wrong\n    args: []\n"
        },
        { "GL13", Limit("sgx.intel.com/epc: 10Mi", after: "    image: a/oe_helloworld:1\n"), "image", null },
        { "GL13", Limit("sgx.intel.com/epc: 10Mi", after: "  restartPolicy: Never\n"), "restartPolicy", null },
        { "GL17", "apiVersion: v1\nkind: Node\nmetadata:\n  labels:\n    tee: sgx\n", "tee", null },
        { "GL17", "apiVersion: v1\nkind: Node\nspec:\n  taints:\n  - key: openenclave.io/sgx_epc_MiB\n", "key", null },
        { "GL18", Limit("sgx.intel.com/epc: 10Mi\n        openenclave.io/sgx_epc_MiB: 10"), "openenclave.io", null },
        { "GL19", Plugin("privileged: true", "/dev/sgx_enclave"), "privileged", null },
        { "GL20", Plugin("runAsUser: 0", "/dev/sgx"), "path: /dev/sgx", null },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void ARule_NamesThePlace_AndMendsWhatIsMechanical(string rule, string yaml, string place, string? mended)
    {
        var (findings, documents) = Lint(yaml);

        var finding = findings.First(finding => finding.Rule == rule);
        var at = documents[finding.Document].Locate(finding.Path);
        Assert.StartsWith(place, yaml.Split('\n')[at.Line - 1][(at.Column - 1)..], StringComparison.Ordinal);
        Assert.EndsWith(".", finding.Message, StringComparison.Ordinal);
        Assert.Equal(mended is not null, finding.IsFixable);
        if (mended is not null)
        {
            var after = Mend(yaml, finding, out var made);

            Assert.True(made);
            Assert.Contains(mended, after + "<end>", StringComparison.Ordinal);
            Assert.DoesNotContain(Lint(after).Findings, again => again.Rule == rule && again.IsFixable);
        }
    }

    [Fact]
    public void TheWebhooksWords_AreTheSame()
    {
        const string yaml = Pod + "  containers: [{name: c, resources: {limits: {sgx.intel.com/epc: 10}}}]\n";
        var (findings, documents) = Lint(yaml);
        using var json = JsonDocument.Parse(documents[0].Json);
        var told = PodAdmission.Decide(json.RootElement, new NamespaceFacts("default"), ClusterFacts.Unknown, AdmissionSettings.Default);

        Assert.Equal(
            told.Findings.Select(finding => (finding.Id.ToString(), finding.Path, finding.Message, finding.Remedy)),
            findings.Select(finding => (finding.Rule, finding.Path, finding.Message, finding.Remedy)));
    }

    [Fact]
    public void ADevicePlugin_IsNotToldToAskForWhatItOffers()
    {
        var findings = Lint(Plugin("privileged: true", "/dev/sgx_enclave")).Findings;

        var device = Assert.Single(findings, finding => finding.Rule == "HostDevice");
        Assert.Contains("mount the nodes one by one and read-only", device.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain("sgx.intel.com/epc", device.Remedy, StringComparison.Ordinal);
        Assert.Contains("the device nodes alone", Assert.Single(findings, finding => finding.Rule == "GL19").Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void NodesMakeSizesImpossible()
    {
        Assert.Contains("LargerThanNodes", Rule(Limit("sgx.intel.com/epc: 1Gi"), Judged.Small));
        Assert.DoesNotContain("LargerThanNodes", Rule(Limit("sgx.intel.com/epc: 1Gi"), Judged.Large));
        Assert.Contains(
            "QuotesWithoutHelper",
            Rule(Limit("sgx.intel.com/epc: 10Mi", after: "    env: [{name: SGX_AESM_ADDR, value: \"1\"}]\n"), Judged.Small with { HasQuoteHelper = false }));
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("text")]
    [InlineData("kind: 5\nspec: {template: 7}\n")]
    [InlineData("apiVersion: v1\nkind: Pod\nspec: {containers: [], volumes: [{hostPath: {}}], nodeSelector: {a: b}}\n")]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: a, image: b}], restartPolicy: Always}}}\n")]
    [InlineData("apiVersion: v1\nkind: Pod\nspec: {restartPolicy: Never, containers: [{name: a}]}\n")]
    [InlineData("apiVersion: v1\nkind: List\nitems: []\n")]
    [InlineData("name: package\nversion: \"1.14.7\"\nproperties: {clientId: \"\"}\n")]
    public void SaysNothing_OfWhatIsFine_OrNoneOfItsBusiness(string yaml) => Assert.Empty(Lint(yaml).Findings);

    [Fact]
    public void LeavesAlone_WhatAnAliasShares()
    {
        const string yaml = Pod + "  containers:\n  - name: a\n    resources: &r\n      limits: {sgx.intel.com/epc: 10}\n  - name: b\n    resources: *r\n";
        var (findings, _) = Lint(yaml);

        // Through the alias nothing is written; where it stands, the change would change the other container as well.
        Assert.Equal(2, findings.Length);
        Assert.All(findings, finding =>
        {
            Assert.Equal(yaml, Mend(yaml, finding, out var made));
            Assert.False(made);
        });
    }

    [Theory]
    [InlineData("- ")]
    [InlineData("")]
    public void KeepsByteOrderMark_LineEnds_AndEverythingElse(string comment)
    {
        var yaml = ("\uFEFF# " + comment + "\n" + Limit("sgx.intel.com/epc: 10   # MiB!") + "# end").Replace("\n", "\r\n", StringComparison.Ordinal);
        var content = Encoding.UTF8.GetBytes(yaml);
        var finding = Lint(yaml[1..]).Findings.Single();

        var after = ManifestEditor.Apply(content, [new ManifestFix(finding.Document, finding.Edits)], out var made);

        Assert.True(made[0]);
        Assert.Equal(yaml.Replace("epc: 10 ", "epc: 10Mi ", StringComparison.Ordinal), Encoding.UTF8.GetString(after));
    }

    public static TheoryData<string> Corpus =>
        [.. Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "admission"), "*.yaml").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Corpus))]
    public void MendingASample_ChangesTheLinesAtFaultAlone_AndTwiceIsOnce(string name)
    {
        var before = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "admission", name));
        var text = before;
        for (var round = 0; round < 5; round++)
        {
            var fixes = Lint(text).Findings.Where(finding => !finding.Edits.IsEmpty).Select(finding => new ManifestFix(finding.Document, finding.Edits)).ToList();
            text = Encoding.UTF8.GetString(ManifestEditor.Apply(Encoding.UTF8.GetBytes(text), fixes, out _));
        }

        var last = Lint(text).Findings;
        Assert.DoesNotContain(last, finding => finding.IsFixable);
        Assert.True(last.Length <= Lint(before).Findings.Length);
        Assert.All(before.Split('\n').Where(line => line.StartsWith('#')), comment => Assert.Contains(comment, text, StringComparison.Ordinal));
        if (Lint(before).Findings.All(finding => !finding.IsFixable))
        {
            Assert.Equal(before, text);
        }
    }

    [Fact]
    public void ChangesThatMeet_AreMadeOneAfterTheOther_OrNotAtAll()
    {
        const string yaml = "a: 1\nb: [1, 2]\n";
        var fixes = (ManifestFix[])
        [
            new(0, [new(Kubernetes.ManifestEditVerb.Set, "a", "\"x\"")]), new(0, [new(Kubernetes.ManifestEditVerb.Rename, "a", "c")]),
            new(0, [new(Kubernetes.ManifestEditVerb.Set, "a", "2")]), new(0, [new(Kubernetes.ManifestEditVerb.Remove, "b[1]")]),
            new(0, [new(Kubernetes.ManifestEditVerb.Remove, "nothing")]), new(7, [new(Kubernetes.ManifestEditVerb.Remove, "a")]),
        ];

        var after = ManifestEditor.Apply(Encoding.UTF8.GetBytes(yaml), fixes, out var made);

        Assert.Equal("c: x\nb: [1]\n", Encoding.UTF8.GetString(after));
        Assert.Equal([true, true, false, true, false, false], made);
    }

    [Fact]
    public void AnythingElse_IsHandedBackAsItIs()
    {
        foreach (var content in (byte[][])[[0xFF, 0xFE], "a: ["u8.ToArray(), [], new byte[ManifestLimits.MaxFileBytes + 1]])
        {
            Assert.Equal(content, ManifestEditor.Apply(content, [new(0, [new(Kubernetes.ManifestEditVerb.Remove, "a")])], out var made));
            Assert.False(made[0]);
        }
    }

    private static string Limit(string limit, string requests = "", string after = "") =>
        Pod + "  containers:\n  - name: c\n    resources:\n      limits:\n        " + limit + "\n" + requests.Replace("    requests", "      requests", StringComparison.Ordinal) + after;

    private static string Plugin(string security, string path) =>
        "apiVersion: apps/v1\nkind: DaemonSet\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: a/sgx-device-plugin:1\n"
            + $"        securityContext:\n          {security}\n      volumes:\n      - name: d\n        hostPath:\n          path: {path}\n";

    private static string Mend(string yaml, LintFinding finding, out bool made)
    {
        var after = ManifestEditor.Apply(Encoding.UTF8.GetBytes(yaml), [new ManifestFix(finding.Document, finding.Edits)], out var done);
        made = done[0];
        return Encoding.UTF8.GetString(after);
    }

    private static IEnumerable<string> Rule(string yaml, NodeOffer node) => Lint(yaml, new ClusterFacts([node])).Findings.Select(finding => finding.Rule);

    private static (LintFinding[] Findings, IReadOnlyList<ManifestDocument> Documents) Lint(string yaml, ClusterFacts? cluster = null)
    {
        Assert.True(ManifestDocument.TryReadAll("a.yaml", Encoding.UTF8.GetBytes(yaml), out var documents, out var problem), problem?.Message);
        var json = documents.Select(document => JsonDocument.Parse(document.Json)).ToList();
        var findings = ManifestLint.Check([.. json.Select(one => one.RootElement)], "default", cluster ?? ClusterFacts.Unknown, AdmissionSettings.Default);
        json.ForEach(one => one.Dispose());
        return ([.. findings], documents);
    }
}
