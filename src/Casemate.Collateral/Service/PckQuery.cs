namespace Casemate.Collateral.Service;

/// <summary>Which PCK certificate is wanted: a machine and its raw TCB. All hex, any case. Source: PCCS, <c>GET /pckcert</c>.</summary>
/// <param name="QeId">QE id, letters and digits, 1 to 260.</param>
/// <param name="PceId">PCEID, 4 digits.</param>
/// <param name="CpuSvn">CPUSVN, 32 digits.</param>
/// <param name="PceSvn">PCESVN, 4 digits, low byte first.</param>
/// <param name="EncryptedPpid">PPID under the provisioning service's key, 768 digits; empty or all zero when it is not known.</param>
/// <param name="PlatformManifest">Platform manifest of a multi-package machine; empty for others.</param>
public sealed record PckQuery(
    string QeId, string PceId, string CpuSvn, string PceSvn, string EncryptedPpid = "", string PlatformManifest = "");
