using System.Collections.Immutable;
using Casemate.Fuzz.Flips;

namespace Casemate.Attestation.Tests.Mutations;

/// <summary>The fields of quotes and reports; <c>docs/mutations.md</c> shows them.</summary>
public static class EvidenceFields
{
    private static readonly (string Name, int Offset, int Size)[] s_header =
    [
        ("version", 0, 2),
        ("attestation key type", 2, 2),
        ("TEE type", 4, 4),
        ("QE SVN", 8, 2),
        ("PCE SVN", 10, 2),
        ("QE vendor id", 12, 16),
        ("user data", 28, 20),
    ];

    private static readonly (string Name, int Offset, int Size)[] s_sgxReport =
    [
        ("CPUSVN", 0, 16),
        ("MISCSELECT", 16, 4),
        ("reserved", 20, 12),
        ("ISVEXTPRODID", 32, 16),
        ("ATTRIBUTES", 48, 16),
        ("MRENCLAVE", 64, 32),
        ("reserved", 96, 32),
        ("MRSIGNER", 128, 32),
        ("reserved", 160, 32),
        ("CONFIGID", 192, 64),
        ("ISVPRODID", 256, 2),
        ("ISVSVN", 258, 2),
        ("CONFIGSVN", 260, 2),
        ("reserved", 262, 42),
        ("ISVFAMILYID", 304, 16),
        ("REPORTDATA", 320, 64),
    ];

    private static readonly (string Name, int Offset, int Size)[] s_tdReport =
    [
        ("TEE_TCB_SVN", 0, 16),
        ("MRSEAM", 16, 48),
        ("MRSIGNERSEAM", 64, 48),
        ("SEAMATTRIBUTES", 112, 8),
        ("TDATTRIBUTES", 120, 8),
        ("XFAM", 128, 8),
        ("MRTD", 136, 48),
        ("MRCONFIGID", 184, 48),
        ("MROWNER", 232, 48),
        ("MROWNERCONFIG", 280, 48),
        ("RTMR0", 328, 48),
        ("RTMR1", 376, 48),
        ("RTMR2", 424, 48),
        ("RTMR3", 472, 48),
        ("REPORTDATA", 520, 64),
        ("TEE_TCB_SVN2", 584, 16),
        ("MRSERVICETD", 600, 48),
        ("fields of report 1.5 extended", 648, 237),
    ];

    // AMD 56860, ATTESTATION_REPORT.
    private static readonly (string Name, int Offset, int Size)[] s_snpReport =
    [
        ("VERSION", 0, 4),
        ("GUEST_SVN", 0x4, 4),
        ("POLICY", 0x8, 8),
        ("FAMILY_ID", 0x10, 16),
        ("IMAGE_ID", 0x20, 16),
        ("VMPL", 0x30, 4),
        ("SIGNATURE_ALGO", 0x34, 4),
        ("CURRENT_TCB", 0x38, 8),
        ("PLATFORM_INFO", 0x40, 8),
        ("key flags", 0x48, 4),
        ("reserved", 0x4c, 4),
        ("REPORT_DATA", 0x50, 64),
        ("MEASUREMENT", 0x90, 48),
        ("HOST_DATA", 0xc0, 32),
        ("ID_KEY_DIGEST", 0xe0, 48),
        ("AUTHOR_KEY_DIGEST", 0x110, 48),
        ("REPORT_ID", 0x140, 32),
        ("REPORT_ID_MA", 0x160, 32),
        ("REPORTED_TCB", 0x180, 8),
        ("CPUID", 0x188, 3),
        ("reserved", 0x18b, 21),
        ("CHIP_ID", 0x1a0, 64),
        ("COMMITTED_TCB", 0x1e0, 8),
        ("current version", 0x1e8, 4),
        ("committed version", 0x1ec, 4),
        ("LAUNCH_TCB", 0x1f0, 8),
        ("LAUNCH_MIT_VECTOR", 0x1f8, 8),
        ("CURRENT_MIT_VECTOR", 0x200, 8),
        ("reserved", 0x208, 152),
    ];

    /// <summary>The fields of a region; where none are named, the region is one field.</summary>
    /// <param name="part">The region in one piece of evidence.</param>
    public static ImmutableArray<EvidenceField> Of(FlipPart part)
    {
        var region = part.Region;
        var fields = region == FlipRegions.QuoteHeader ? s_header
            : region == FlipRegions.QeReport || (region == FlipRegions.QuoteBody && part.Length == 384) ? s_sgxReport
            : region == FlipRegions.QuoteBody ? s_tdReport
            : region == FlipRegions.SnpBody || region == FlipRegions.HclHardwareReport ? s_snpReport
            : [("all of it", 0, part.Length)];
        return [.. fields.Where(f => f.Offset + f.Size <= part.Length).Select(f => new EvidenceField(region, f.Name, f.Offset, f.Size))];
    }

    /// <summary>The tables of fields, for the page.</summary>
    public static ImmutableArray<(string Name, FlipRegion Region, (string Name, int Offset, int Size)[] Fields)> Tables { get; } =
    [
        ("quote header", FlipRegions.QuoteHeader, s_header), ("SGX report", FlipRegions.QuoteBody, s_sgxReport),
        ("QE report", FlipRegions.QeReport, s_sgxReport), ("TD report", FlipRegions.QuoteBody, s_tdReport),
        ("SEV-SNP report", FlipRegions.SnpBody, s_snpReport),
    ];
}
