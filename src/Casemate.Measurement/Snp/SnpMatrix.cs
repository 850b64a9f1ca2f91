namespace Casemate.Measurement.Snp;

/// <summary>The conditions that a guest may be started under: every combination of these is measured.</summary>
/// <param name="Vmms">The VMMs.</param>
/// <param name="VcpuTypes">The models of vCPUs. May be empty when every VMM is Amazon's.</param>
/// <param name="Features">Values of SEV_FEATURES: 1 for a guest with no more than SEV-SNP.</param>
/// <param name="Vcpus">Numbers of vCPUs.</param>
public sealed record SnpMatrix(
    IReadOnlyList<SnpVmm> Vmms, IReadOnlyList<SnpVcpuType> VcpuTypes, IReadOnlyList<ulong> Features, IReadOnlyList<int> Vcpus)
{
    /// <summary>The most combinations that are measured at once.</summary>
    public const int MaxRows = 1 << 16;

    /// <summary>How many combinations there are.</summary>
    public long Rows => Vmms.Sum(vmm => (long)TypesFor(vmm).Count) * Features.Count * Vcpus.Count;

    internal static bool IsAmazon(SnpVmm vmm) => vmm is SnpVmm.Ec2 or SnpVmm.Ec2ZeroRdx;

    // Amazon's VMM puts nothing of the model into the state that is measured: one row stands for all models.
    internal IReadOnlyList<SnpVcpuType?> TypesFor(SnpVmm vmm)
    {
        if (IsAmazon(vmm))
        {
            return [null];
        }

        return VcpuTypes;
    }
}
