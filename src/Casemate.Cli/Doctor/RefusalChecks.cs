using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>Pods that were never made: refused by Pod Security or by a quota.</summary>
internal sealed class RefusalChecks(ExaminedCluster cluster)
{
    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.PodHostPathDenied, DeniedAsync),
        new(DoctorFindingId.EpcQuota, QuotasAsync),
    ];

    private async Task<IReadOnlyList<DoctorFinding>> DeniedAsync(CancellationToken cancellationToken)
    {
        var events = await cluster.Client.ListAsync(
            KubeResource.Events, new KubeListOptions { FieldSelector = "reason=FailedCreate" }, cancellationToken);
        List<DoctorFinding> findings = [.. events.Items
            .Select(one => (one.Namespace, Kind: Text(one, "kind"), Name: Text(one, "name"), Note: NoteOf(one)))
            .Where(one => one.Note.Contains("violates PodSecurity", StringComparison.Ordinal)
                && one.Note.Contains("hostPath", StringComparison.OrdinalIgnoreCase)
                && (one.Note.Contains("aesm", StringComparison.OrdinalIgnoreCase) || one.Note.Contains("sgx", StringComparison.OrdinalIgnoreCase)))
            .DistinctBy(one => (one.Namespace, one.Kind, one.Name))
            .Select(one => DoctorFinding.Failed(
                DoctorFindingId.PodHostPathDenied, $"Event FailedCreate of {one.Kind} {one.Namespace}/{one.Name}: {Short(one.Note)}",
                $"Leave out the hostPath volume: with EPC in its limits a pod gets device nodes and {SeenPod.AesmDirectory} from the node agent, also "
                    + "under Pod Security 'restricted'.",
                $"{one.Kind} {one.Namespace}/{one.Name}"))];
        return findings.Count > 0 ? findings
            : [DoctorFinding.Passed(
                DoctorFindingId.PodHostPathDenied, $"none of {Output.Plural.Of(events.Items.Count, "Event")} of reason FailedCreate says so")];
    }

    private async Task<IReadOnlyList<DoctorFinding>> QuotasAsync(CancellationToken cancellationToken)
    {
        var quotas = await cluster.Client.ListAsync(KubeResource.ResourceQuotas, cancellationToken: cancellationToken);
        var findings = new List<DoctorFinding>();
        var seen = 0;
        foreach (var quota in quotas.Items)
        {
            var used = quota.MapAt("status", "used");
            foreach (var (key, hard) in quota.MapAt("status", "hard").Where(one => SeenPod.IsOfSgx(one.Key)))
            {
                seen++;
                if (Quantity.TryRead(hard, out var most) && Quantity.TryRead(used.GetValueOrDefault(key), out var taken) && taken >= most)
                {
                    findings.Add(DoctorFinding.Warning(
                        DoctorFindingId.EpcQuota, $"ResourceQuota {quota.Key}, status: {key} used {used[key]} of {hard}: further pods are refused",
                        $"kubectl -n {quota.Namespace} edit resourcequota {quota.Name}; or end pods there that have EPC.", $"ResourceQuota {quota.Key}"));
                }
            }
        }

        return findings.Count > 0 || seen == 0 ? findings
            : [DoctorFinding.Passed(DoctorFindingId.EpcQuota, $"none of {Output.Plural.Of(seen, "amount")} of SGX in ResourceQuotas is used up")];
    }

    private static string Text(KubeObject one, string member)
    {
        var regarding = one.At("regarding") ?? one.At("involvedObject");
        return regarding is { } about ? JsonText.Of(about, member) : "";
    }

    private static string NoteOf(KubeObject one) =>
        JsonText.Of(one.Json, "note") is { Length: > 0 } note ? note : JsonText.Of(one.Json, "message");

    private static string Short(string text) => text.Length <= 400 ? text : text[..400];
}
