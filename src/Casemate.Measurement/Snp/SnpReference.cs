namespace Casemate.Measurement.Snp;

/// <summary>One launch digest and what leads to it.</summary>
/// <param name="Vmm">The VMM.</param>
/// <param name="VcpuType">The model of the vCPUs; null where it does not count (Amazon EC2).</param>
/// <param name="Features">SEV_FEATURES of the vCPUs.</param>
/// <param name="Vcpus">How many vCPUs the guest starts with.</param>
/// <param name="Measurement">The launch digest, 48 bytes: MEASUREMENT of the guest's attestation report.</param>
public sealed record SnpReference(SnpVmm Vmm, SnpVcpuType? VcpuType, ulong Features, int Vcpus, ReadOnlyMemory<byte> Measurement);
