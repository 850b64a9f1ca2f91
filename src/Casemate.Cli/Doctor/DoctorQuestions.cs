using Casemate.Admission;

namespace Casemate.Cli.Doctor;

/// <summary>What was asked. A question to which nothing gave an answer is in the report all the same, with the reason.</summary>
internal static class DoctorQuestions
{
    /// <summary>The questions about a node.</summary>
    public static IEnumerable<DoctorFindingId> OfNode => From(DoctorFindingId.Processor, DoctorFindingId.CollateralFresh);

    /// <summary>The questions about a cluster.</summary>
    public static IEnumerable<DoctorFindingId> OfCluster => From(DoctorFindingId.ApiServer, DoctorFindingId.EpcQuota);

    /// <summary>The questions about one pod.</summary>
    public static IEnumerable<DoctorFindingId> OfPod => From(DoctorFindingId.PodThere, DoctorFindingId.PodEvents);

    /// <summary>Adds to the findings the questions that have none.</summary>
    /// <param name="questions">All that belong to what is looked at.</param>
    /// <param name="findings">What was found.</param>
    /// <param name="reason">Another reason than the usual one; null: there is none.</param>
    /// <returns>All of them, by question.</returns>
    public static IReadOnlyList<DoctorFinding> Complete(
        IEnumerable<DoctorFindingId> questions, IReadOnlyList<DoctorFinding> findings, Func<DoctorFindingId, string?>? reason = null)
    {
        var answered = findings.Select(finding => finding.Id).ToHashSet();
        return [.. findings.Concat(questions.Where(id => !answered.Contains(id)).Select(id => Idle(id, findings, reason?.Invoke(id))))
            .OrderBy(finding => finding.Id)];
    }

    private static DoctorFinding Idle(DoctorFindingId id, IReadOnlyList<DoctorFinding> findings, string? reason)
    {
        // Two questions are answered by the way, while another one is asked.
        DoctorFindingId? asked = id switch
        {
            DoctorFindingId.QuoteSimulated => DoctorFindingId.QuoteHelper,
            DoctorFindingId.EpcListLimit => DoctorFindingId.EpcAdvertised,
            _ => null,
        };
        return asked is { } other && findings.Any(finding => finding.Id == other && finding.Outcome is DoctorOutcome.NotChecked)
            ? DoctorFinding.NotChecked(id, $"{other} could not be looked at")
            : DoctorFinding.NotChecked(id, $"nothing to look at: {reason ?? Because(id)}") with { IsIdle = true };
    }

    private static string Because(DoctorFindingId id) => id switch
    {
        DoctorFindingId.Firmware => "the processor has no SGX that firmware could switch off",
        DoctorFindingId.Kernel or DoctorFindingId.DeviceNodes => "there is no TEE that needs it",
        DoctorFindingId.Driver => "there is no SGX to drive",
        DoctorFindingId.DeviceModes => "there is no device node that makes enclaves",
        DoctorFindingId.Epc or DoctorFindingId.EpcEnforcement => "there is no EPC",
        DoctorFindingId.ConfidentialGuests => "there is neither SEV-SNP nor TDX",
        DoctorFindingId.InotifyLimit => "the kernel tells no number in /proc/sys/fs/inotify/max_user_instances",
        DoctorFindingId.OpenFiles => "the kernel tells no numbers in /proc/sys/fs/file-nr",
        DoctorFindingId.KubeletSocket or DoctorFindingId.PodResourcesSocket or DoctorFindingId.PluginRegistry or DoctorFindingId.PluginSockets
            or DoctorFindingId.PluginRivals => "there is no directory of a kubelet",
        DoctorFindingId.PluginRegistered => "no socket of the node agent is there, and the kubelet has no device of SGX",
        DoctorFindingId.QuoteHelper => "there is no AESM socket that could be asked",
        DoctorFindingId.QuoteSimulated => "nobody answered who says of its quotes that they are simulated",
        DoctorFindingId.QuoteRivals => "no process that serves quotes is seen in /proc",
        DoctorFindingId.EvidenceSocket => "there is no evidence.socket beside the AESM socket",
        DoctorFindingId.NodeClocks => "no ready node has a Lease in kube-node-lease",
        DoctorFindingId.AgentRollout => "the node agent is not installed",
        DoctorFindingId.AgentPods => "there is no pod of the add-on",
        DoctorFindingId.EpcAdvertised or DoctorFindingId.EpcListLimit => "no node has a name of SGX in its capacity",
        DoctorFindingId.EpcTwice => "no node offers EPC",
        DoctorFindingId.EnclaveDevice => "no node offers EPC as a number",
        DoctorFindingId.NodeConditions => "no node is known to have a TEE",
        DoctorFindingId.StartupTaint => "there is no node",
        DoctorFindingId.WebhookPolicy or DoctorFindingId.WebhookAuthorities or DoctorFindingId.WebhookCertificate or DoctorFindingId.WebhookEndpoints
            or DoctorFindingId.WebhookAnswers => $"there is no MutatingWebhookConfiguration {WebhookConfigurations.DefaultName}",
        DoctorFindingId.PodEpcTooLarge or DoctorFindingId.PodUnknownResource => "no pod that asks for SGX is Pending",
        DoctorFindingId.PodEpcUnits or DoctorFindingId.PodPrivilegedSgx => "there is no pod that has to do with SGX",
        DoctorFindingId.EpcQuota => "no ResourceQuota names a resource of SGX",
        >= DoctorFindingId.PodScheduling => "the pod is not there, or has nothing to do with it",
        _ => "nothing there has to do with it",
    };

    private static IEnumerable<DoctorFindingId> From(DoctorFindingId first, DoctorFindingId last) =>
        Enum.GetValues<DoctorFindingId>().Where(id => id >= first && id <= last);
}
