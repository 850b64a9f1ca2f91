using System.Text;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>Kubernetes documents that are read and rewritten, and initdata in all its forms.</summary>
public static class ManifestTargets
{
    private const string Value = "UE9MSUNZ";

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("kata-manifest", Manifest,
        [
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a # b\n  annotations: {c: d}\nspec:\n  containers:\n  - {name: e, image: f, args: [\"g\"]}\n"u8.ToArray(),
            "apiVersion: apps/v1\r\nkind: Deployment\r\nmetadata: &m {name: a}\r\nspec:\r\n  template:\r\n    metadata:\r\n      annotations:\r\n        a: |\r\n          b\r\n    spec: {containers: [{name: e, image: &i f}, {name: g, image: *i}]}\r\n"u8.ToArray(),
            "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"b\"}]}}}}}}]}"u8.ToArray(),
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {b: Yw==}\nstringData: {d: e}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbinaryData: {b: Yw==}\n"u8.ToArray(),
        ]),
        new("kata-initdata", Initdata,
        [
            Encoding.UTF8.GetBytes(InitdataDocument.Create("sha256", [new("policy.rego", "package agent_policy\n"), new("aa.toml", "[a]\n")]).Text),
            InitdataEncoding.ToBlockDevice(InitdataDocument.Create("sha384", [new("policy.rego", "package agent_policy\n")])),
            Encoding.UTF8.GetBytes(InitdataEncoding.ToAnnotation(InitdataDocument.Create("sha512", [new("policy.rego", "x")]))),
        ]),
    ];

    private static bool Manifest(ReadOnlySpan<byte> input)
    {
        var file = ManifestFile.Read("fuzz.yaml", input, ManifestOptions.Default);
        Require(file.Findings.All(finding => finding.Location is not null && finding.Message.Length > 0), "a finding has no place", input);
        if (file.Workloads.IsEmpty)
        {
            return file.DocumentCount > 0 && file.Findings.IsEmpty;
        }

        var rewrite = file.Rewrite([.. file.Workloads.Select(workload => new WorkloadEdit
        {
            Workload = workload,
            Annotations = [new(PolicyAnnotation.Initdata, Value)],
        })]);
        Require(rewrite.Content is null == rewrite.Findings.Any(finding => finding.Severity is FindingSeverity.Error), "refused without a reason", input);
        if (rewrite.Content is null)
        {
            return false;
        }

        var again = ManifestFile.Read("fuzz.yaml", rewrite.Content, ManifestOptions.Default);
        Require(again.DocumentCount == file.DocumentCount && again.Workloads.Length == file.Workloads.Length, "documents were lost", input);
        Require(again.Workloads.All(workload => workload.PolicyAnnotations is [{ Value: Value }]), "the policy is not where it should be", input);
        Require(again.Workloads.Zip(file.Workloads).All(pair => pair.First.Pod.Containers.Length == pair.Second.Pod.Containers.Length
            && pair.First.Annotations.Length == pair.Second.Annotations.Length), "something else changed", input);
        return true;
    }

    private static bool Initdata(ReadOnlySpan<byte> input)
    {
        var problem = PolicyFile.TryRead("fuzz", input, out var policies);
        Require(problem is null != policies.IsEmpty, "neither a policy nor a reason", input);
        foreach (var policy in policies)
        {
            if (policy.Document is { } document)
            {
                var written = InitdataDocument.Create(document.Algorithm, document.Data);
                Require(InitdataDocument.TryRead(Encoding.UTF8.GetBytes(written.Text), out var again, out _), "what is written cannot be read", input);
                Require(again!.Data.SequenceEqual(document.Data), "it reads back as something else", input);
            }
        }

        return problem is null;
    }
}
