namespace Casemate.Node.Discovery;

/// <summary>Finds what starts confidential guests, and what shows that this is one.</summary>
internal sealed class ConfidentialGuestScan(ScanNotes look, ValueList<MiscAmount> misc, bool virtualMachine)
{
    private const string ModuleAmd = "/sys/module/kvm_amd/parameters/";
    private const uint SnpBit = 1u << 4;

    /// <summary>Whether guest evidence is made by files.</summary>
    public bool ConfigfsTsm { get; } = look.Sources.Files.HasDirectory("/sys/kernel/config/tsm/report");

    // AMD APM volume 3, CPUID Fn8000_001F: EAX bit 4, SEV-SNP.
    private bool ProcessorKnowsSnp => (look.Sources.Cpuid.Read(0x8000_001F, 0).Eax & SnpBit) != 0;

    // Intel TDX Module Base Architecture Specification: CPUID leaf 21H sub-leaf 0 spells "IntelTDX" and four spaces.
    private bool IsTrustDomain => look.Sources.Cpuid.Read(0x21, 0) is { Ebx: 0x65746E49, Edx: 0x5844546C, Ecx: 0x20202020 };

    public SnpHost? ScanSnpHost()
    {
        var sev = look.ReadSwitch(ModuleAmd + "sev");
        var es = look.ReadSwitch(ModuleAmd + "sev_es");
        var snp = look.ReadSwitch(ModuleAmd + "sev_snp");
        var firmware = look.FindNode("/dev/sev");
        if (sev is not true && es is not true && snp is not true && firmware is null)
        {
            return null;
        }

        var host = new SnpHost(firmware, sev is true, es is true, snp is true, Amount("sev"), Amount("sev_es"));
        if (host.SevSnp && firmware is null)
        {
            look.Error(
                FindingId.SevNodeMissing, "KVM starts SEV-SNP guests (kvm_amd.sev_snp), but /dev/sev is missing: their certificates "
                    + "cannot be had.",
                "Load the module 'ccp', and give the agent /dev of the host.");
        }
        else if (!host.SevSnp && ProcessorKnowsSnp && !virtualMachine)
        {
            look.Note(
                FindingId.SnpOffInKvm, "The processor knows SEV-SNP, but KVM starts no SEV-SNP guests (kvm_amd.sev_snp is not Y).",
                "Switch SEV-SNP and the RMP table on in the firmware's setup; the kernel must be 6.11 or later.");
        }

        if (host is { SevSnp: true, SevEsAsids: 0 })
        {
            look.Error(
                FindingId.NoGuestKeys, "misc.capacity has 0 ASIDs for 'sev_es': no SEV-SNP guest can start.",
                "Raise the share of SEV-ES ASIDs in the firmware's setup (minimum SEV non-ES ASID).");
        }

        return host;
    }

    public SnpGuest? ScanSnpGuest()
    {
        var device = look.FindNode("/dev/sev-guest");
        return device is not null || (ConfigfsTsm && virtualMachine && ProcessorKnowsSnp) ? new SnpGuest(device) : null;
    }

    public TdxHost? ScanTdxHost()
    {
        var enabled = look.ReadSwitch("/sys/module/kvm_intel/parameters/tdx");
        var keyIds = Amount("tdx");
        if (enabled is not true && keyIds is null)
        {
            return null;
        }

        if (enabled is true && keyIds is 0)
        {
            look.Error(
                FindingId.NoGuestKeys, "misc.capacity has 0 key ids for 'tdx': no TD can start.",
                "Raise the share of TDX key ids in the firmware's setup (TME-MT/TDX key split).");
        }

        return new TdxHost(enabled is true, keyIds);
    }

    public TdxGuest? ScanTdxGuest()
    {
        var device = look.FindNode("/dev/tdx_guest") ?? look.FindNode("/dev/tdx-guest");
        if (device is null && !IsTrustDomain)
        {
            return null;
        }

        if (device is null && !ConfigfsTsm)
        {
            look.Error(
                FindingId.GuestWithoutEvidence,
                    "CPUID says that this is a trust domain, but neither /dev/tdx_guest nor configfs-tsm is there.",
                "Load the module 'tdx-guest' (Linux 6.2 and later), and mount configfs.");
        }

        return new TdxGuest(device);
    }

    private long? Amount(string resource) => misc.FirstOrDefault(amount => amount.Resource == resource)?.Value;
}
