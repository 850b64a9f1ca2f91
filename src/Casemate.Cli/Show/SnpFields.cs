using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary>Takes a SEV-SNP report apart. Layout: AMD 56860, ATTESTATION_REPORT.</summary>
internal static class SnpFields
{
    /// <summary>Reads a report.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="machineIds">Whether values that identify a machine are shown.</param>
    /// <param name="start">Where the report starts in what is shown.</param>
    /// <exception cref="MalformedInputException">It is not well-formed; the message has error and offset.</exception>
    public static ShownEvidence Read(EvidenceFile evidence, bool machineIds, int start = 0)
    {
        var bytes = evidence.Evidence.Span;
        var error = SnpReport.TryRead(bytes, out var report);
        if (error is not SnpReportError.None)
        {
            throw new MalformedInputException(
                evidence.Name, $"is not a well-formed SEV-SNP report: {error} at byte {OffsetOf(error, bytes)} of {bytes.Length}",
                "The handbook's page 'diagnostics' explains the name.");
        }

        var fields = new FieldList(bytes.ToArray(), start, machineIds);
        ReadGuest(fields, report);
        ReadPlatform(fields, report);
        var signature = new FieldList(bytes[SnpReport.SignedSize..].ToArray(), start + SnpReport.SignedSize, machineIds);
        signature.Bytes("SIGNATURE.R", 0, 72, "little endian");
        signature.Bytes("SIGNATURE.S", 72, 72, "little endian");
        signature.Reserved(144, 368);
        return new ShownEvidence
        {
            Tee = Tee.Snp,
            Format = $"SEV-SNP report v{report.Version}",
            Size = bytes.Length,
            Sections = [fields.Named("report"), signature.Named("signature")],
        };
    }

    private static void ReadGuest(FieldList fields, in SnpReport report)
    {
        var policy = report.Policy;
        var signer = report.Signer.ToString().ToUpperInvariant();
        var keys = (report.AuthorKeyEnabled ? ", AUTHOR_KEY_EN" : "") + (report.MaskChipKey ? ", MASK_CHIP_KEY" : "");
        fields.Number("VERSION", 0x000, 4);
        fields.Number("GUEST_SVN", 0x004, 4);
        fields.Bits("POLICY", 0x008, 8, BitNames.SnpPolicy, from: 16, $"ABI at least {policy >> 8 & 0xFF}.{policy & 0xFF}");
        fields.Bytes("FAMILY_ID", 0x010, 16);
        fields.Bytes("IMAGE_ID", 0x020, 16);
        fields.Number("VMPL", 0x030, 4, value => value == uint.MaxValue ? "asked for by the host" : $"{value}");
        fields.Number("SIGNATURE_ALGO", 0x034, 4, _ => "ECDSA P-384 with SHA-384");
        fields.Bytes("CURRENT_TCB", 0x038, 8, Tcb(report.CurrentTcb, report));
        fields.Bits("PLATFORM_INFO", 0x040, 8, BitNames.SnpPlatformInfo);
        fields.Number("KEY_FLAGS", 0x048, 4, _ => $"SIGNING_KEY {signer}{keys}");
        fields.Reserved(0x04C, 4);
        fields.Bytes("REPORT_DATA", 0x050, 64);
        fields.Bytes("MEASUREMENT", 0x090, 48);
        fields.Bytes("HOST_DATA", 0x0C0, 32);
        fields.Bytes("ID_KEY_DIGEST", 0x0E0, 48);
        fields.Bytes("AUTHOR_KEY_DIGEST", 0x110, 48);
        fields.Bytes("REPORT_ID", 0x140, 32);
        fields.Bytes("REPORT_ID_MA", 0x160, 32);
    }

    private static void ReadPlatform(FieldList fields, in SnpReport report)
    {
        fields.Bytes("REPORTED_TCB", 0x180, 8, Tcb(report.ReportedTcb, report));
        if (report.Version >= 3)
        {
            fields.Number("CPUID_FAM_ID", 0x188, 1, value => $"0x{value:x2}");
            fields.Number("CPUID_MOD_ID", 0x189, 1, value => $"0x{value:x2}");
            fields.Number("CPUID_STEP", 0x18A, 1, value => $"0x{value:x2}");
            fields.Reserved(0x18B, 21);
        }
        else
        {
            fields.Reserved(0x188, 24);
        }

        fields.MachineId("CHIP_ID", 0x1A0, 64);
        fields.Bytes("COMMITTED_TCB", 0x1E0, 8, Tcb(report.CommittedTcb, report));
        fields.Bytes("CURRENT_VERSION", 0x1E8, 3, Firmware(report.CurrentVersion));
        fields.Reserved(0x1EB, 1);
        fields.Bytes("COMMITTED_VERSION", 0x1EC, 3, Firmware(report.CommittedVersion));
        fields.Reserved(0x1EF, 1);
        fields.Bytes("LAUNCH_TCB", 0x1F0, 8, Tcb(report.LaunchTcb, report));
        var reserved = 0x1F8;
        if (report.Version >= 5)
        {
            fields.Number("LAUNCH_MIT_VECTOR", 0x1F8, 8, value => $"0x{value:x}");
            fields.Number("CURRENT_MIT_VECTOR", 0x200, 8, value => $"0x{value:x}");
            reserved = 0x208;
        }

        fields.Reserved(reserved, SnpReport.SignedSize - reserved);
    }

    // Before version 3 a report does not name its product; of those, all but Turin share one layout.
    private static string Tcb(ReadOnlySpan<byte> tcb, in SnpReport report) => report.Product is { } product
        ? $"{SnpTcb.Decode(tcb, product)} ({product})"
        : $"{SnpTcb.Decode(tcb, SnpProduct.Milan)} (product not named; as Milan and Genoa lay it out)";

    private static string Firmware(ReadOnlySpan<byte> version) => $"{version[2]}.{version[1]}, build {version[0]}";

    private static int OffsetOf(SnpReportError error, ReadOnlySpan<byte> bytes) => error switch
    {
        SnpReportError.WrongSize => Math.Min(bytes.Length, SnpReport.Size),
        SnpReportError.UnsupportedSignatureAlgorithm => 0x034,
        SnpReportError.NotSigned => 0x048,
        SnpReportError.MalformedSignature => SnpReport.SignedSize
            + (bytes[(SnpReport.SignedSize + 48)..(SnpReport.SignedSize + 72)].ContainsAnyExcept((byte)0) ? 48 : 120),
        _ => 0,
    };
}
