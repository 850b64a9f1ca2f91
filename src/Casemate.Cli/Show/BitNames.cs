using System.Collections.Frozen;

namespace Casemate.Cli.Show;

/// <summary>Names of the bits in flag fields, each set with its source.</summary>
internal static class BitNames
{
    /// <summary>ATTRIBUTES.FLAGS. Source: Intel SDM volume 3D, ATTRIBUTES.</summary>
    public static FrozenDictionary<int, string> SgxFlags { get; } = Names(
        (0, "INIT"), (1, "DEBUG"), (2, "MODE64BIT"), (4, "PROVISIONKEY"), (5, "EINITTOKEN_KEY"), (6, "CET"), (7, "KSS"),
        (10, "AEXNOTIFY"));

    /// <summary>MISCSELECT. Source: Intel SDM volume 3D, MISCSELECT.</summary>
    public static FrozenDictionary<int, string> MiscSelect { get; } = Names((0, "EXINFO"), (1, "CPINFO"));

    /// <summary>XFRM of an enclave, XFAM of a TD: state components of XCR0 and IA32_XSS. Source: Intel SDM volume 1, chapter 13.</summary>
    public static FrozenDictionary<int, string> StateComponents { get; } = Names(
        (0, "x87"), (1, "SSE"), (2, "AVX"), (3, "BNDREGS"), (4, "BNDCSR"), (5, "OPMASK"), (6, "ZMM_Hi256"), (7, "Hi16_ZMM"), (8, "PT"),
        (9, "PKRU"), (10, "PASID"), (11, "CET_U"), (12, "CET_S"), (13, "HDC"), (14, "UINTR"), (15, "LBR"), (16, "HWP"),
        (17, "TILECFG"), (18, "TILEDATA"), (19, "APX"));

    /// <summary>TDATTRIBUTES. Source: Intel TDX module ABI specification, TD_ATTRIBUTES.</summary>
    public static FrozenDictionary<int, string> TdAttributes { get; } = Names(
        (0, "DEBUG"), (4, "HGS_PLUS_PROF"), (5, "PERF_PROF"), (6, "PMT_PROF"), (28, "SEPT_VE_DISABLE"), (29, "MIGRATABLE"), (30, "PKS"),
        (31, "KL"), (63, "PERFMON"));

    /// <summary>POLICY of a SEV-SNP guest, from bit 16 on; below are two version numbers. Source: AMD 56860, GUEST_POLICY.</summary>
    public static FrozenDictionary<int, string> SnpPolicy { get; } = Names(
        (16, "SMT"), (17, "RESERVED_ONE"), (18, "MIGRATE_MA"), (19, "DEBUG"), (20, "SINGLE_SOCKET"), (21, "CXL_ALLOW"),
        (22, "MEM_AES_256_XTS"), (23, "RAPL_DIS"), (24, "CIPHERTEXT_HIDING_DRAM"), (25, "PAGE_SWAP_DISABLE"));

    /// <summary>PLATFORM_INFO. Source: AMD 56860, PLATFORM_INFO.</summary>
    public static FrozenDictionary<int, string> SnpPlatformInfo { get; } = Names(
        (0, "SMT_EN"), (1, "TSME_EN"), (2, "ECC_EN"), (3, "RAPL_DIS"), (4, "CIPHERTEXT_HIDING_DRAM_EN"), (5, "ALIAS_CHECK_COMPLETE"),
        (7, "SEV_TIO_EN"));

    /// <summary>Names the bits that are set, lowest first; one without a name is called by its number.</summary>
    public static IReadOnlyList<string> Of(ulong value, FrozenDictionary<int, string> names, int from = 0)
    {
        var set = new List<string>();
        for (var bit = from; bit < 64; bit++)
        {
            if ((value >> bit & 1) != 0)
            {
                set.Add(names.TryGetValue(bit, out var name) ? name : $"bit {bit} (no known meaning)");
            }
        }

        return set;
    }

    private static FrozenDictionary<int, string> Names(params (int Bit, string Name)[] names) =>
        names.ToFrozenDictionary(pair => pair.Bit, pair => pair.Name);
}
