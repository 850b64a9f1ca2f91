using Casemate.Attestation.Sgx;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// The Intel machine that is simulated, as its PCK certificate describes it. Changing anything here gives another PCK key and
/// certificate, as on hardware. Source: Intel SGX PCK Certificate and CRL Profile, section 1.3.5.
/// </summary>
public sealed record SgxMachine
{
    /// <summary>
    /// FMSPC, 6 bytes. The default, 990077000000, is no real machine's; it has no letters, so that verifiers which compare the hex
    /// text with regard to case accept it too.
    /// </summary>
    public byte[] Fmspc { get; init; } = [0x99, 0x00, 0x77, 0x00, 0x00, 0x00];

    /// <summary>PCEID, 2 bytes. Default: 0000.</summary>
    public byte[] PceId { get; init; } = [0x00, 0x00];

    /// <summary>The sixteen component SVNs. Default: those of the newest TCB level of <see cref="TcbInfoContent"/>.</summary>
    public byte[] ComponentSvns { get; init; } = [8, 8, 3, 3, 4, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>PCESVN. Default: that of the newest TCB level.</summary>
    public ushort PceSvn { get; init; } = 13;

    /// <summary>CPUSVN, 16 bytes, in certificate, enclave reports and QE report; null: the component SVNs.</summary>
    public byte[]? CpuSvn { get; init; }

    /// <summary>Kind of memory protection. Default: Scalable, as on machines with TDX.</summary>
    public SgxType SgxType { get; init; } = SgxType.Scalable;

    /// <summary>
    /// True: the PCK Platform CA issues the certificate, with platform instance id and configuration (multi-package machines). False:
    /// the PCK Processor CA, without them. Default: true.
    /// </summary>
    public bool PlatformCa { get; init; } = true;

    /// <summary>Configuration: packages can be added. Platform CA only. Default: false.</summary>
    public bool DynamicPlatform { get; init; }

    /// <summary>Configuration: the registration service keeps platform root keys. Platform CA only. Default: false.</summary>
    public bool CachedKeys { get; init; }

    /// <summary>Configuration: simultaneous multithreading is on. Platform CA only. Default: true.</summary>
    public bool SmtEnabled { get; init; } = true;

    /// <summary>PPID, 16 bytes; null: the installation's own.</summary>
    public byte[]? Ppid { get; init; }

    /// <summary>Platform instance id, 16 bytes, Platform CA only; null: the installation's own.</summary>
    public byte[]? PlatformInstanceId { get; init; }
}
