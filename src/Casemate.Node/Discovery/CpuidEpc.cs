namespace Casemate.Node.Discovery;

/// <summary>What CPUID says about SGX (Intel SDM volume 3D, §38.7).</summary>
internal readonly record struct CpuidEpc(bool Sgx, bool FlexibleLaunchControl, bool Sgx1, bool Sgx2, ValueList<EpcSection> Sections)
{
    // No processor has a physical address space above 2^52, and no machine is near a bank of 2^46 bytes (64 TiB).
    public const long LargestBank = 1L << 46;
    private const ulong AddressSpace = 1UL << 52;
    private const uint FirstSection = 2;
    private const uint MaxSections = 64;

    public static CpuidEpc Read(ScanNotes look)
    {
        var cpuid = look.Sources.Cpuid;
        var features = cpuid.Read(7, 0);
        if ((features.Ebx & (1u << 2)) == 0)
        {
            return new CpuidEpc(false, false, false, false, []);
        }

        var leaf = cpuid.Read(0x12, 0);
        var sections = new List<EpcSection>();
        for (var sub = FirstSection; sub < FirstSection + MaxSections; sub++)
        {
            var part = cpuid.Read(0x12, sub);
            var type = part.Eax & 0xF;
            if (type == 0)
            {
                break;
            }

            if (type != 1)
            {
                continue;
            }

            var start = ((ulong)(part.Ebx & 0xF_FFFF) << 32) | (part.Eax & 0xFFFF_F000);
            var size = ((ulong)(part.Edx & 0xF_FFFF) << 32) | (part.Ecx & 0xFFFF_F000);
            if (size is 0 or > LargestBank || start + size > AddressSpace)
            {
                look.Warn(
                    FindingId.ImplausibleValue, $"CPUID leaf 12H, sub-leaf {sub} reports an EPC section of {size} bytes at "
                        + $"0x{start:x}; it is not counted.",
                    "Look at the firmware's or the hypervisor's SGX settings.");
                continue;
            }

            sections.Add(new EpcSection(start, (long)size));
        }

        return new CpuidEpc(true, (features.Ecx & (1u << 30)) != 0, (leaf.Eax & 1) != 0, (leaf.Eax & 2) != 0, [.. sections]);
    }
}
