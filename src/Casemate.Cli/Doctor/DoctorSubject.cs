namespace Casemate.Cli.Doctor;

/// <summary>What the questions are about, in groups.</summary>
internal static class DoctorSubject
{
    /// <summary>The group of a question.</summary>
    public static string Of(DoctorFindingId id) => id switch
    {
        <= DoctorFindingId.KernelFiles => "hardware",
        <= DoctorFindingId.Clock => "system",
        <= DoctorFindingId.PluginRegistry => "kubelet",
        <= DoctorFindingId.PluginRivals => "device plugin",
        <= DoctorFindingId.EvidenceSocket => "quote helper",
        <= DoctorFindingId.CollateralFresh => "collateral",
        <= DoctorFindingId.ServedKinds => "API server",
        <= DoctorFindingId.NodeClocks => "clocks",
        <= DoctorFindingId.OtherPlugins => "add-on",
        <= DoctorFindingId.StartupTaint => "nodes",
        <= DoctorFindingId.WebhookAnswers => "webhook",
        <= DoctorFindingId.QuoteHelperWanted => "quotes",
        <= DoctorFindingId.EpcQuota => "pods",
        _ => "this pod",
    };
}
