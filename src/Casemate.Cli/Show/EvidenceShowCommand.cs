using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Collateral;

namespace Casemate.Cli.Show;

/// <summary><c>casemate evidence show</c>: every field of a piece of evidence, unverified.</summary>
internal sealed class EvidenceShowCommand : CliCommand
{
    private readonly Argument<string> _evidence = new("EVIDENCE")
    {
        Description = "A quote (SGX, TDX), a report (SEV-SNP, NVIDIA GPU) or an Azure HCL report: binary, hex, base64, KBS evidence JSON "
            + "or a bundle; or an endorsement of a guest image. '-' reads standard input.",
        HelpName = "FILE|-",
    };

    private readonly Option<bool> _machineIds = new("--machine-ids")
    {
        Description = "Also show what identifies one machine: PPID, platform instance id, QE id, chip id, hardware id.",
    };

    private readonly Option<string> _eventLog = new("--event-log")
    {
        Description = "The event log (CCEL) of a TDX quote: every event is shown. Default: the one inside.",
        HelpName = "FILE",
    };

    public EvidenceShowCommand()
        : base(
            "show",
            "Print evidence field by field, with offsets and the names of bits. Nothing is verified. Exit code 0, or 3 for malformed.",
            new CommandExample("Every field of a quote, its quoting enclave and its certificates", "casemate evidence show quote.bin"),
            new CommandExample("Also what identifies the machine", "casemate evidence show report.bin --machine-ids"),
            new CommandExample("Every event of a TD's boot", "casemate evidence show quote.bin --event-log CCEL"),
            new CommandExample("Whose endorsement this is, and of what", "casemate evidence show reference_info.cose"),
            new CommandExample(
                "One field in a script",
                "casemate evidence show - -o json < quote.bin | jq -r '.sections[].fields[] | select(.name == \"MRTD\").hex'"))
    {
        Add(_evidence);
        Add(_machineIds);
        Add(_eventLog);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var file = EvidenceInput.Read(context, context.Arguments.GetRequiredValue(_evidence));
        var machineIds = context.Arguments.GetValue(_machineIds);
        if (NamedEventLog.Read(context.Arguments.GetValue(_eventLog)) is { } log)
        {
            file = log.AddTo(file);
        }

        var taken = file.Kind switch
        {
            EvidenceKind.Quote => QuoteFields.Read(file, machineIds),
            EvidenceKind.SnpReport => SnpFields.Read(file, machineIds),
            EvidenceKind.AzureVtpm => AzureFields.Read(file, machineIds),
            EvidenceKind.GpuReport => GpuFields.Read(file),
            EvidenceKind.ImageEndorsement => EndorsementFields.Read(file),
            _ => throw new InvalidOperationException($"Evidence of kind {file.Kind} is read but not shown."),
        };
        var shown = ShownEventLog.AddTo(taken, file) with { Included = file.Included.Items, Ignored = file.Included.Ignored };

        if (context.Console.Format is OutputFormat.Table)
        {
            new ShownText(context.Console, machineIds).Write(shown, file);
        }
        else
        {
            context.Console.WriteDocument(json => ShownJson.WriteMembers(json, shown, file, machineIds));
        }

        // What can be read was shown; that a part could not is still a failure, so that a script notices.
        return shown.Problem.Length == 0
            ? Task.FromResult(ExitCode.Success)
            : throw new MalformedInputException(file.Name, shown.Problem, "The handbook's page 'evidence' says what is expected there.");
    }
}
