using System.CommandLine;
using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Enclave;
using Casemate.Cli.Output;
using Casemate.Measurement.Enclave;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure enclave</c>: what <c>casemate enclave inspect</c> computes, and nothing else of it.</summary>
internal sealed class MeasureEnclaveCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "An enclave of Open Enclave or the Intel SDK, a Gramine manifest (.manifest.sgx), or a SIGSTRUCT (.sig).",
    };

    private readonly EnclaveInput _input = new();

    public MeasureEnclaveCommand()
        : base(
            "enclave",
            "MRENCLAVE, MRSIGNER and protected memory of an SGX enclave. Exit code 1: it does not measure what was signed, or cannot be measured.",
            new CommandExample("Its measurement", "casemate measure enclave enclave.signed.so"),
            new CommandExample("All about it", "casemate enclave inspect enclave.signed.so"))
    {
        Add(_file);
        foreach (var option in _input.All)
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var file = context.Arguments.GetRequiredValue(_file);
        var variants = _input.Inspect(context.Arguments, EnclaveInput.Expand(file).First(), context.Now).Variants;
        if (context.Console.Format is OutputFormat.Table)
        {
            foreach (var variant in variants)
            {
                Write(context.Console, variant);
            }
        }
        else
        {
            WriteDocument(context.Console, file, variants);
        }

        return Task.FromResult(
            variants.All(variant => variant.State is MrEnclaveState.Matches or MrEnclaveState.NotSigned) ? ExitCode.Success : ExitCode.Refused);
    }

    private static string? MrSigner(EnclaveVariant variant) =>
        SigStruct.TryRead(variant.SigStruct.Span, out var structure) is SigStructError.None ? Convert.ToHexStringLower(structure.MrSigner) : null;

    private static void Write(ConsoleOutput console, EnclaveVariant variant)
    {
        if (variant.Name.Length > 0)
        {
            console.Out.WriteLine(ErrorText.OneLine(variant.Name));
        }

        console.Out.WriteLine(variant.MrEnclave.IsEmpty
            ? ErrorText.OneLine($"MRENCLAVE  not recomputed: {variant.Reason}") : $"MRENCLAVE  {Convert.ToHexStringLower(variant.MrEnclave.Span)}");
        console.Out.WriteLine($"MRSIGNER   {MrSigner(variant) ?? "not signed"}");
        if (variant.Epc is { } epc)
        {
            console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"EPC        {epc.SuggestedBytes >> 20} MiB to ask for ({epc.StartBytes} bytes at the start, {epc.MaximumBytes} at most)"));
        }

        if (variant.State is MrEnclaveState.Differs)
        {
            console.Warn(ErrorText.OneLine($"it does not measure what was signed: {variant.Reason}"));
        }
    }

    private static void WriteDocument(ConsoleOutput console, string file, IReadOnlyList<EnclaveVariant> variants) => console.WriteDocument(json =>
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("file", file);
        json.WriteStartArray("enclaves");
        foreach (var variant in variants)
        {
            json.WriteStartObject();
            json.WriteString("name", variant.Name);
            json.WriteString("mrEnclave", variant.MrEnclave.IsEmpty ? null : Convert.ToHexStringLower(variant.MrEnclave.Span));
            json.WriteString("mrEnclaveState", EnclaveReportText.StateName(variant.State));
            json.WriteString("mrSigner", MrSigner(variant));
            if (variant.Epc is { } epc)
            {
                EnclaveReportJson.WriteEpc(json, epc);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
