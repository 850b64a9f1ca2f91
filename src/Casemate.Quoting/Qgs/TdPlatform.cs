namespace Casemate.Quoting.Qgs;

/// <summary>What a quoting service tells of its machine (<c>GET_PLATFORM_INFO_RESP</c>).</summary>
/// <param name="QuotingEnclaveSvn">ISVSVN of the TD quoting enclave.</param>
/// <param name="PceSvn">ISVSVN of the provisioning certification enclave.</param>
/// <param name="PlatformId">The machine's id, 16 bytes: the QE id, which quotes carry as well.</param>
/// <param name="CpuSvn">CPUSVN, 16 bytes.</param>
public sealed record TdPlatform(ushort QuotingEnclaveSvn, ushort PceSvn, ReadOnlyMemory<byte> PlatformId, ReadOnlyMemory<byte> CpuSvn);
