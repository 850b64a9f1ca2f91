using System.CommandLine;
using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Measurement.Enclave;
using Casemate.Primitives;

namespace Casemate.Cli.Enclave;

/// <summary><c>casemate enclave inspect</c>.</summary>
internal sealed class EnclaveInspectCommand : CliCommand
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "An enclave of Open Enclave or the Intel SDK, a Gramine manifest (.manifest.sgx) or the directory of one, "
            + "or a SIGSTRUCT (.sig).",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _compare = new("--compare")
    {
        Description = "Another build of the same enclave: say in which input of the measurement they differ first.",
        HelpName = "FILE",
    };

    private readonly Option<int?> _epc = new("--epc")
    {
        Description = "The protected memory of the machine that runs it, in MiB (1 to 1048576): warn when the enclave takes more.",
        HelpName = "MIB",
    };

    private readonly EnclaveInput _input = new();

    public EnclaveInspectCommand()
        : base(
            "inspect",
            "Say what an enclave is, who signed it, whether it measures what was signed, what it may do and how much memory it takes. "
            + "Exit code 0 all is well, 2 findings of the level error, 3 it does not measure what was signed, "
            + "4 its measurement cannot be recomputed.",
            new CommandExample("One enclave", "casemate enclave inspect enclave.signed.so"),
            new CommandExample("For a program", "casemate enclave inspect enclave.signed.so -o json"),
            new CommandExample(
                "A Gramine enclave", "casemate enclave inspect app.manifest.sgx --libpal /usr/lib/x86_64-linux-gnu/gramine/sgx/libpal.so"),
            new CommandExample("Where two builds differ", "casemate enclave inspect mine.so --compare theirs.so"))
    {
        Add(_files);
        Add(_compare);
        Add(_epc);
        foreach (var option in _input.All)
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var limit = context.Arguments.GetValue(_epc);
        if (limit is < 1 or > 1 << 20)
        {
            throw CliException.Usage("--epc is a number of MiB from 1 to 1048576");
        }

        var enclaves = new List<InspectedEnclave>();
        foreach (var file in context.Arguments.GetRequiredValue(_files).SelectMany(EnclaveInput.Expand))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var report = _input.Inspect(context.Arguments, file, context.Now);
            var findings = report.AllFindings.Concat(AboveLimit(report, limit)).OrderBy(finding => finding.Severity);
            enclaves.Add(new InspectedEnclave(file, report, [.. findings]));
        }

        var other = context.Arguments.GetValue(_compare);
        var difference = other is null ? null : Compare(context, enclaves, other);
        Write(context.Console, enclaves, other, difference);
        return Task.FromResult(InspectedEnclave.Worst(enclaves.Select(enclave => enclave.ExitCode)));
    }

    private static IEnumerable<EnclaveFinding> AboveLimit(EnclaveReport report, int? limitMiB) => report.Variants
        .Where(variant => limitMiB is { } limit && variant.Epc?.SuggestedBytes > (ulong)limit << 20)
        .Select(variant => new EnclaveFinding(
            EnclaveFindingId.EpcAboveLimit, EnclaveFindingSeverity.Warning,
            string.Create(
                CultureInfo.InvariantCulture,
                $"it takes {variant.Epc!.SuggestedBytes >> 20} MiB of protected memory, and the machine has {limitMiB}: pages are swapped"),
            "Run it on a machine with more, or give it less heap and fewer threads."));

    private string Compare(CommandContext context, List<InspectedEnclave> enclaves, string other)
    {
        if (enclaves is not [var enclave])
        {
            throw CliException.Usage("--compare takes one FILE beside it", "Compare files two at a time.");
        }

        var theirs = _input.Inspect(context.Arguments, other, context.Now).Variants;
        if (enclave.Report.Variants.Count != theirs.Count)
        {
            return $"{enclave.Report.Variants.Count} ways to load it here, {theirs.Count} there";
        }

        foreach (var (mine, its) in enclave.Report.Variants.Zip(theirs))
        {
            if (mine.Layout is null || its.Layout is null)
            {
                return "the layout of one of them is not known";
            }

            if (mine.Layout.FirstDifference(its.Layout) is { } difference)
            {
                var name = mine.Name.Length > 0 ? $"{mine.Name}: " : "";
                return $"{name}{difference.Input}: {difference.Here} here, {difference.There} there";
            }
        }

        return "";
    }

    private static void Write(ConsoleOutput console, List<InspectedEnclave> enclaves, string? other, string? difference)
    {
        if (console.Format is OutputFormat.Table)
        {
            foreach (var enclave in enclaves)
            {
                EnclaveReportText.Write(console, enclave);
                console.Out.WriteLine();
            }

            if (difference is not null)
            {
                console.Out.WriteLine(ErrorText.OneLine(
                    difference.Length == 0 ? $"compared with {other}: both measure the same" : $"compared with {other}: {difference}"));
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteStartArray("enclaves");
            foreach (var enclave in enclaves)
            {
                json.WriteStartObject();
                EnclaveReportJson.Write(json, enclave);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (difference is not null)
            {
                json.WriteStartObject("comparison");
                json.WriteString("with", other);
                json.WriteBoolean("same", difference.Length == 0);
                json.WriteString("difference", difference);
                json.WriteEndObject();
            }
        });
    }
}
