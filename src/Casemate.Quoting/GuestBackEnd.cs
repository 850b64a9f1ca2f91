namespace Casemate.Quoting;

/// <summary>Ways to the evidence of a confidential guest.</summary>
public enum GuestBackEnd
{
    /// <summary>The kernel's one interface for TDX and SEV-SNP, configfs-tsm (Linux 6.7 and later).</summary>
    Tsm = 0,

    /// <summary>The device <c>/dev/sev-guest</c> (Linux 5.19 and later).</summary>
    Snp,

    /// <summary>The device <c>/dev/tdx_guest</c> (Linux 6.2 and later) and a quote generation service on the host.</summary>
    Tdx,
}
