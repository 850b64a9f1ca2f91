using System.CommandLine;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Collateral;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure compare</c>: which input of a measurement is another one than expected.</summary>
internal sealed class MeasureCompareCommand : CliCommand
{
    private const int DefaultMaxVcpus = 64;

    private readonly Argument<string> _evidence = new("EVIDENCE")
    {
        Description = "A quote (TDX) or a report (SEV-SNP), as 'casemate verify' reads it. '-' reads standard input.",
        HelpName = "FILE|-",
    };

    private readonly Option<string> _firmware = new("--firmware")
    {
        Description = "The firmware that the guest is to run.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<int?> _vcpus = new("--max-vcpus")
    {
        Description = "For SEV-SNP: numbers of vCPUs are tried from 1 to this (at most 512). Default: 64.",
        HelpName = "N",
    };

    private readonly BootOptions _boot = new();

    public MeasureCompareCommand()
        : base(
            "compare",
            "Find the inputs that give the measurements in a piece of evidence: VMMs, models, features and numbers of vCPUs are tried, and what "
            + "boots with and without its parts. The evidence is not verified. Exit code 1 when something is not explained.",
            new CommandExample("An SEV-SNP guest", "casemate measure compare report.bin --firmware OVMF.fd --kernel vmlinuz --initrd kata.img --append \"$LINE\""),
            new CommandExample("A TD", "casemate measure compare quote.bin --firmware OVMF.inteltdx.fd --uki linux.efi"))
    {
        Add(_evidence);
        Add(_firmware);
        Add(_vcpus);
        foreach (var option in _boot.All)
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var file = EvidenceInput.Read(context, arguments.GetRequiredValue(_evidence));
        var firmware = arguments.GetRequiredValue(_firmware);
        var limit = arguments.GetValue(_vcpus) ?? DefaultMaxVcpus;
        if (limit is < 1 or > 512)
        {
            throw CliException.Usage("--max-vcpus is a number from 1 to 512");
        }

        if (file.Kind is EvidenceKind.Quote && arguments.GetValue(_vcpus) is not null)
        {
            throw CliException.Usage("--max-vcpus is about SEV-SNP: the number of vCPUs changes nothing in a TDX quote", "Leave --max-vcpus out.");
        }

        var findings = file switch
        {
            { Kind: EvidenceKind.Quote, Tee: Tee.Tdx } => OfQuote(file, firmware, arguments),
            { Kind: EvidenceKind.SnpReport } => OfReport(file, firmware, arguments, limit, cancellationToken),
            _ => throw CliException.BadInput($"{file.Name} is neither a TDX quote nor an SEV-SNP report"),
        };
        Write(context.Console, findings);
        return Task.FromResult(findings.All(f => f.IsExplained) ? ExitCode.Success : ExitCode.Refused);
    }

    private IReadOnlyList<ComparedValue> OfQuote(EvidenceFile file, string firmware, ParseResult arguments)
    {
        if (Quote.TryRead(file.Evidence.Span, out var quote, out _) is not QuoteError.None
            || !TdReportBody.TryRead(quote.Body, out var body))
        {
            throw CliException.BadInput($"{file.Name} is no quote that can be read");
        }

        var rtmrs = new[] { body.Rtmr(0).ToArray(), body.Rtmr(1).ToArray(), body.Rtmr(2).ToArray(), body.Rtmr(3).ToArray() };
        return TdComparison.Compare(body.MrTd, rtmrs, MeasureTdxCommand.Read(firmware), _boot.Read(arguments), firmware);
    }

    private IReadOnlyList<ComparedValue> OfReport(
        EvidenceFile file, string firmware, ParseResult arguments, int limit, CancellationToken cancellationToken)
    {
        if (SnpReport.TryRead(file.Evidence.Span, out var report) is not SnpReportError.None)
        {
            throw CliException.BadInput($"{file.Name} is no report that can be read");
        }

        return [SnpComparison.Compare(report.Measurement, firmware, _boot.ReadForSnp(arguments), limit, cancellationToken)];
    }

    private static void Write(ConsoleOutput console, IReadOnlyList<ComparedValue> findings)
    {
        if (console.Format is OutputFormat.Table)
        {
            foreach (var finding in findings)
            {
                console.Out.WriteLine($"{finding.Name} {Convert.ToHexStringLower(finding.Reported)}");
                var verdict = finding.IsExplained ? console.Paint(Tone.Good, "explained") : console.Paint(Tone.Bad, "not explained");
                console.Out.WriteLine($"  {verdict}: {ErrorText.OneLine(finding.Explanation)}");
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteStartArray("values");
            foreach (var finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("name", finding.Name);
                json.WriteString("reported", Convert.ToHexStringLower(finding.Reported));
                json.WriteBoolean("explained", finding.IsExplained);
                json.WriteString("explanation", finding.Explanation);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
