using System.Runtime.Intrinsics.X86;

namespace Casemate.Node.Discovery;

/// <summary>This machine's processor; all zero on one that is not x86.</summary>
public sealed class HostCpuid : ICpuid
{
    private const uint Extended = 0x8000_0000;

    /// <inheritdoc/>
    public CpuidRegisters Read(uint leaf, uint subLeaf)
    {
        // Above the highest leaf, Intel's processors answer with the data of the highest.
        if (!X86Base.IsSupported || leaf > Query(leaf & Extended, 0).Eax)
        {
            return default;
        }

        return Query(leaf, subLeaf);
    }

    private static CpuidRegisters Query(uint leaf, uint subLeaf)
    {
        var (eax, ebx, ecx, edx) = X86Base.CpuId(unchecked((int)leaf), unchecked((int)subLeaf));
        return new CpuidRegisters((uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    }
}
