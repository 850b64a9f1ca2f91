namespace Casemate.Node.Discovery;

/// <summary>A host that starts guests under AMD SEV.</summary>
/// <param name="Firmware">The node of the security processor, <c>/dev/sev</c>; null when it is missing.</param>
/// <param name="Sev">KVM starts SEV guests (<c>kvm_amd.sev</c>).</param>
/// <param name="SevEs">KVM starts SEV-ES guests (<c>kvm_amd.sev_es</c>).</param>
/// <param name="SevSnp">KVM starts SEV-SNP guests (<c>kvm_amd.sev_snp</c>).</param>
/// <param name="SevAsids">ASIDs for SEV guests (<c>misc.capacity</c>, key <c>sev</c>); null when the kernel does not say.</param>
/// <param name="SevEsAsids">ASIDs for SEV-ES and SEV-SNP guests (key <c>sev_es</c>); null when the kernel does not say.</param>
public sealed record SnpHost(DeviceNode? Firmware, bool Sev, bool SevEs, bool SevSnp, long? SevAsids, long? SevEsAsids)
{
    /// <summary>
    /// True when SEV-SNP guests can be started: the parameter is on, the firmware's node is there and ASIDs are not known to be 0.
    /// </summary>
    public bool Usable => SevSnp && Firmware is not null && SevEsAsids is null or > 0;
}
