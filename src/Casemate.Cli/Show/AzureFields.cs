using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Snp;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary>
/// Takes evidence of an Azure VM apart: HCL report, hardware report, runtime data, vTPM quote. Layout: openhcl_attestation_protocol.
/// </summary>
internal static class AzureFields
{
    private const int HardwareOffset = 0x20;
    private const int RuntimeHeaderOffset = HardwareOffset + SnpReport.Size;
    private const int RuntimeHeaderSize = 20;

    /// <summary>Reads the evidence.</summary>
    /// <exception cref="MalformedInputException">It is not well-formed; the message says where.</exception>
    public static ShownEvidence Read(EvidenceFile evidence, bool machineIds)
    {
        var bytes = evidence.HclReport.Span;
        if (!HclReport.TryRead(bytes, out var hcl, out var error))
        {
            throw new MalformedInputException(evidence.Name, error);
        }

        var sections = new List<ShownSection> { Header(bytes) };
        AddHardware(sections, evidence, hcl, machineIds);
        var problem = AddRuntimeData(sections, bytes, hcl, machineIds);
        if (evidence.Azure is { } azure)
        {
            problem = VtpmQuoteFields.Add(sections, azure.Quote) is { Length: > 0 } second && problem.Length == 0 ? second : problem;
        }

        var shown = new ShownEvidence
        {
            Tee = hcl.Tee,
            Format = $"Azure {(evidence.Azure is null ? "HCL report without its vTPM quote" : "vTPM evidence")}"
                + $" on {(hcl.Tee is Tee.Snp ? "SEV-SNP" : "TDX")}",
            Size = bytes.Length,
            Sections = sections,
            Problem = problem,
        };
        return hcl.Tee is Tee.Tdx && !evidence.Evidence.IsEmpty ? WithQuote(shown, QuoteFields.Read(evidence, machineIds)) : shown;
    }

    private static ShownSection Header(ReadOnlySpan<byte> bytes)
    {
        var header = new FieldList(bytes[..HardwareOffset].ToArray(), 0, machineIds: true);
        header.Bytes("SIGNATURE", 0, 4, "HCLA");
        header.Number("VERSION", 4, 4);
        header.Number("REPORT_SIZE", 8, 4);
        header.Number("REQUEST_TYPE", 12, 4);
        header.Number("STATUS", 16, 4);
        header.Reserved(20, 12);
        return header.Named("HCL header");
    }

    private static void AddHardware(List<ShownSection> sections, EvidenceFile evidence, in HclReport hcl, bool machineIds)
    {
        if (hcl.Tee is Tee.Snp)
        {
            sections.AddRange(SnpFields.Read(evidence, machineIds, HardwareOffset).Sections);
            return;
        }

        var report = new FieldList(hcl.HardwareReport.ToArray(), HardwareOffset, machineIds);
        report.MachineId("TDREPORT", 0, HclReport.TdReportSize, "only its own machine can verify it");
        sections.Add(report.Named("hardware report"));
    }

    private static string AddRuntimeData(List<ShownSection> sections, ReadOnlySpan<byte> bytes, in HclReport hcl, bool machineIds)
    {
        var dataStart = bytes.Length - hcl.TrailingBytes - hcl.RuntimeData.Length;
        var header = new FieldList(bytes[RuntimeHeaderOffset..dataStart].ToArray(), RuntimeHeaderOffset, machineIds);
        var (tee, hash) = (hcl.Tee, hcl.HashAlgorithm.Name!);
        header.Number("DATA_SIZE", 0, 4);
        header.Number("VERSION", 4, 4);
        header.Number("REPORT_TYPE", 8, 4, _ => tee is Tee.Snp ? "SEV-SNP" : "TDX");
        header.Number("HASH_TYPE", 12, 4, _ => hash);
        header.Number("VARIABLE_DATA_SIZE", 16, 4);
        if (dataStart > RuntimeHeaderOffset + RuntimeHeaderSize)
        {
            header.Bytes("CAPABILITIES", RuntimeHeaderSize, dataStart - RuntimeHeaderOffset - RuntimeHeaderSize);
        }

        sections.Add(header.Named("runtime data header"));
        var problem = "";
        var meaning = HclRuntimeData.TryRead(hcl.RuntimeData, out var data, out var error) ? Describe(data) : problem = error;
        var text = new FieldList(hcl.RuntimeData.ToArray(), dataStart, machineIds);
        text.MachineId("RUNTIME_DATA", 0, hcl.RuntimeData.Length, meaning);
        sections.Add(text.Named("runtime data (JSON)"));
        return problem;
    }

    private static string Describe(HclRuntimeData data)
    {
        var userData = data.UserData is { } bytes ? Convert.ToHexStringLower(bytes.Span) : "none";
        return $"HCLAkPub RSA of {8 * data.AttestationKeyModulus.Length} bits; Secure Boot {OnOff(data.SecureBoot)}, serial console "
            + $"{OnOff(data.ConsoleEnabled)}, TPM {OnOff(data.TpmEnabled)}; user-data {userData}";
    }

    private static ShownEvidence WithQuote(ShownEvidence shown, ShownEvidence quote) => shown with
    {
        Sections = [.. shown.Sections, .. quote.Sections.Select(section => section with { Name = $"TD quote: {section.Name}" })],
        Certificates = quote.Certificates,
        Problem = shown.Problem.Length > 0 ? shown.Problem : quote.Problem,
    };

    private static string OnOff(bool? flag) => flag switch { true => "on", false => "off", null => "not said" };
}
