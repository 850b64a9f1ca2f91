using System.Globalization;
using Casemate.Cli.Output;
using Casemate.Measurement.Enclave;

namespace Casemate.Cli.Enclave;

/// <summary>An inspected enclave for people.</summary>
internal static class EnclaveReportText
{
    public static void Write(ConsoleOutput console, InspectedEnclave enclave)
    {
        console.Out.WriteLine(ErrorText.OneLine($"{enclave.File}: {Name(enclave.Report.Format)}"));
        foreach (var variant in enclave.Report.Variants)
        {
            if (variant.Name.Length > 0)
            {
                console.Out.WriteLine();
                console.Out.WriteLine(console.Paint(Tone.Strong, variant.Name));
            }

            WriteVariant(console, variant);
        }

        if (enclave.Findings.Count > 0)
        {
            console.Out.WriteLine();
            var table = new TextTable("FINDING", "LEVEL", "WHAT", "WHAT TO DO");
            foreach (var finding in enclave.Findings)
            {
                table.Add(
                    ToneOf(finding.Severity), $"{finding.Id}", Level(finding.Severity), ErrorText.OneLine(finding.Message), finding.Remedy);
            }

            table.Write(console);
        }
    }

    public static string Name(EnclaveFormat format) => format switch
    {
        EnclaveFormat.OpenEnclave => "Open Enclave",
        EnclaveFormat.IntelSdk => "Intel SGX SDK",
        EnclaveFormat.Gramine => "Gramine",
        EnclaveFormat.SigStruct => "signature structure (SIGSTRUCT)",
        EnclaveFormat.Opaque => "enclave of an unknown kind",
        _ => "no enclave",
    };

    public static string Level(EnclaveFindingSeverity severity) => severity switch
    {
        EnclaveFindingSeverity.Error => "error",
        EnclaveFindingSeverity.Warning => "warning",
        _ => "note",
    };

    public static string StateName(MrEnclaveState state) => state switch
    {
        MrEnclaveState.Matches => "matches",
        MrEnclaveState.Differs => "differs",
        MrEnclaveState.NotSigned => "notSigned",
        _ => "notRecomputable",
    };

    private static void WriteVariant(ConsoleOutput console, EnclaveVariant variant)
    {
        if (SigStruct.TryRead(variant.SigStruct.Span, out var structure) is SigStructError.None)
        {
            var verdict = structure.Verify();
            var isValid = verdict is SigStructSignature.Valid;
            Line(console, "signature", isValid ? console.Paint(Tone.Good, "valid") : console.Paint(Tone.Bad, $"{verdict}"));
            Line(console, "MRSIGNER", Convert.ToHexStringLower(structure.MrSigner));
            Line(console, "signed on", structure.Date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "no day");
            Line(console, "product id", $"{structure.ProductId}");
            Line(console, "security version", $"{structure.SecurityVersion}");
            if (structure.Flags.HasFlag(EnclaveFlags.Kss))
            {
                Line(console, "family", Convert.ToHexStringLower(structure.FamilyId));
                Line(console, "extended product", Convert.ToHexStringLower(structure.ExtendedProductId));
            }

            foreach (var words in EnclaveFlagText.Describe(structure.Flags, structure.FlagsMask))
            {
                Line(console, "attribute", words);
            }

            Line(console, "XFRM", $"0x{structure.Xfrm:x}, mask 0x{structure.XfrmMask:x}");
            Line(console, "MISCSELECT", $"0x{structure.MiscSelect:x}, mask 0x{structure.MiscMask:x}");
            Line(console, "MRENCLAVE signed", Convert.ToHexStringLower(structure.MrEnclave));
        }

        Line(console, "MRENCLAVE here", variant.State switch
        {
            MrEnclaveState.Matches => $"{Convert.ToHexStringLower(variant.MrEnclave.Span)} {console.Paint(Tone.Good, "(the same)")}",
            MrEnclaveState.Differs => $"{Convert.ToHexStringLower(variant.MrEnclave.Span)} {console.Paint(Tone.Bad, "(DIFFERS)")}",
            MrEnclaveState.NotSigned => Convert.ToHexStringLower(variant.MrEnclave.Span),
            _ => ErrorText.OneLine($"not recomputed: {variant.Reason}"),
        });
        if (variant.State is MrEnclaveState.Differs)
        {
            Line(console, "", ErrorText.OneLine(variant.Reason));
        }

        if (variant.Epc is { } epc)
        {
            Line(console, "protected memory", string.Create(
                CultureInfo.InvariantCulture,
                $"{MiB(epc.StartBytes)} at the start, {MiB(epc.MaximumBytes)} at most; ask for {epc.SuggestedBytes >> 20} MiB"));
        }

        foreach (var (name, value) in variant.Settings)
        {
            Line(console, name, value);
        }
    }

    private static void Line(ConsoleOutput console, string name, string value) => console.Out.WriteLine($"  {name,-26}{value}");

    private static string MiB(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");

    private static Tone ToneOf(EnclaveFindingSeverity severity) => severity switch
    {
        EnclaveFindingSeverity.Error => Tone.Bad,
        EnclaveFindingSeverity.Warning => Tone.Caution,
        _ => Tone.Faint,
    };
}
