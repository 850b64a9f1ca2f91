using System.CommandLine;
using Casemate.Attestation.Tdx;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Measurement.Tdx;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure rtmr</c>: registers foretold from files, replayed from an event log, and both compared.</summary>
internal sealed class MeasureRtmrCommand : CliCommand
{
    private readonly BootOptions _boot = new();

    private readonly Option<string[]> _runtime = new("--runtime-event")
    {
        Description = "An event of the guest's attestation agent, as the line 'DOMAIN OPERATION CONTENT'; extends RTMR3. Repeatable, in order.",
        HelpName = "LINE",
    };

    private readonly Option<bool> _lines = new("--runtime-lines")
    {
        Description = "The agent logs lines of text (before 2025), with a first line of its own, instead of tagged events.",
    };

    private readonly Option<string> _eventLog = new("--event-log")
    {
        Description = "An event log (CCEL): its registers are replayed, and compared with those that are foretold.",
        HelpName = "FILE",
    };

    public MeasureRtmrCommand()
        : base(
            "rtmr",
            "Foretell the registers that a TD's boot extends, replay them from its event log, or compare both. "
            + "Exit code 1 when a foretold register differs.",
            new CommandExample(
                "A kernel that QEMU hands over", "casemate measure rtmr --kernel vmlinuz --initrd initrd.img --append 'console=hvc0'"),
            new CommandExample("A unified kernel image", "casemate measure rtmr --uki linux.efi --disk-prefix disk.first-mib"),
            new CommandExample("Where a boot differs from what was expected", "casemate measure rtmr --uki linux.efi --event-log CCEL"),
            new CommandExample(
                "An image that the guest's agent pulled",
                "casemate measure rtmr --runtime-event 'github.com/confidential-containers PullImage {\"digest\":\"sha256:…\",\"image\":\"…\"}'"))
    {
        foreach (var option in _boot.All)
        {
            Add(option);
        }

        Add(_runtime);
        Add(_lines);
        Add(_eventLog);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var chain = _boot.Read(arguments);
        var lines = arguments.GetValue(_runtime) ?? [];
        if (arguments.GetValue(_lines) && lines.Length == 0)
        {
            throw CliException.Usage("--runtime-lines says what form --runtime-event has", "Name an event with --runtime-event, or leave it out.");
        }

        var log = ReadLog(arguments.GetValue(_eventLog));
        if (chain is null && lines.Length == 0 && log is null)
        {
            throw CliException.Usage(
                "there is nothing to measure", "Name what boots (--kernel, --uki, --efi-program), --runtime-event, or --event-log.");
        }

        var events = Predict(chain);
        events.AddRange(Runtime(lines, arguments.GetValue(_lines)));
        var registers = (chain?.Registers ?? []).Concat(lines.Length > 0 ? [3] : []).Distinct().Order().ToArray();
        var report = RegisterReport.Of(registers, events, log);
        Write(context.Console, report, events);
        var differs = report.Any(r => r is { Foretold: not null, Replayed: not null, Matches: false });
        return Task.FromResult(differs ? ExitCode.Refused : ExitCode.Success);
    }

    /// <summary>The events of a chain.</summary>
    /// <exception cref="CliException">A file is not what the chain needs.</exception>
    public static List<BootEvent> Predict(BootChain? chain)
    {
        try
        {
            return [.. chain?.Predict() ?? []];
        }
        catch (TdxMeasurementException failure)
        {
            throw CliException.BadInput(failure.Message, failure.Remedy, failure);
        }
    }

    private static IEnumerable<BootEvent> Runtime(string[] lines, bool asLines)
    {
        if (lines.Length > 0 && asLines)
        {
            var initial = RuntimeEvent.Initial(new byte[Rtmr.Size]);
            yield return new BootEvent(3, initial.Line, initial.LineDigest);
        }

        foreach (var line in lines)
        {
            var parts = line.Split(' ', 3);
            if (parts is not [{ Length: > 0 } domain, { Length: > 0 } operation, var content] || content.AsSpan().ContainsAny('\n', '\r'))
            {
                throw CliException.Usage("--runtime-event takes one line: a domain, an operation and content, with a space between them");
            }

            var entry = RuntimeEvent.Of(domain, operation, content);
            yield return new BootEvent(3, entry.Line, asLines ? entry.LineDigest : entry.TaggedDigest);
        }
    }

    private static CcEventLog? ReadLog(string? path)
    {
        if (NamedEventLog.Read(path) is not { } named)
        {
            return null;
        }

        return CcEventLog.TryRead(named.Content.Span, out var log, out var error)
            ? log
            : throw CliException.BadInput($"--event-log: '{path}': {error}");
    }

    private static void Write(ConsoleOutput console, IReadOnlyList<RegisterReport> registers, List<BootEvent> events)
    {
        if (console.Format is OutputFormat.Table)
        {
            foreach (var register in registers)
            {
                register.WriteText(console);
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteStartArray("rtmrs");
            foreach (var register in registers)
            {
                register.WriteJson(json);
            }

            json.WriteEndArray();
            json.WriteStartArray("events");
            foreach (var entry in events)
            {
                json.WriteStartObject();
                json.WriteNumber("rtmr", entry.Rtmr);
                json.WriteString("what", entry.What);
                json.WriteString("digest", Convert.ToHexStringLower(entry.Digest.Span));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
