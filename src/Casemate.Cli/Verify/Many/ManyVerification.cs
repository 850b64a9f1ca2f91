using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral;
using Casemate.Primitives;

namespace Casemate.Cli.Verify.Many;

/// <summary>Verifies many pieces of evidence: on several threads, with bounded memory, answers in the order of the inputs.</summary>
internal sealed class ManyVerification(CommandContext context, VerificationRequest request)
{
    /// <summary>The longest line of a stream: evidence with its event log, or a bundle with usual revocation lists.</summary>
    public const int LineBytes = 4 * 1024 * 1024;

    private const int LargestWindow = 64;

    private readonly ConsoleOutput _console = context.Console;
    private readonly ProgressLine _progress = new(context);
    private readonly Tally _tally = new();
    private readonly HashSet<string> _warned = [];
    private long _unwarned;

    /// <summary>Verifies what is named: files, directories (searched with their subdirectories), standard input as one piece.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> named, CancellationToken cancellationToken)
    {
        await RunItemsAsync(named.SelectMany(Items), cancellationToken).ConfigureAwait(false);
        foreach (var directory in named.Where(Directory.Exists).Distinct())
        {
            if (!_tally.FoundEvidenceIn(directory))
            {
                var problem = new MalformedInputException(directory, "holds no evidence file");
                Deliver(new Outcome(EvidenceItem.Broken(null, problem), Disposition.Unreadable, null, problem.Problem, null));
            }
        }

        return Finish();
    }

    /// <summary>Verifies every line of a stream.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunStreamAsync(Stream stream, CancellationToken cancellationToken)
    {
        await RunItemsAsync(LineReader.Read(stream, LineBytes).Select(Item), cancellationToken).ConfigureAwait(false);
        return Finish();
    }

    private async Task RunItemsAsync(IEnumerable<EvidenceItem> items, CancellationToken cancellationToken)
    {
        var window = Math.Clamp(2 * Environment.ProcessorCount, 4, LargestWindow);
        var outcomes = OrderedWork.RunAsync(items, item => Outcome.Of(item, request), window, cancellationToken);
        await foreach (var outcome in outcomes.ConfigureAwait(false))
        {
            Deliver(outcome);
        }
    }

    private int Finish()
    {
        _progress.Clear();
        if (_unwarned > 0)
        {
            _console.Warn($"{_unwarned} more were judged with other collateral than that of the named source; -o json says which and why");
        }

        _tally.Write(_console);
        return _tally.ExitCode;
    }

    private IEnumerable<EvidenceItem> Items(string named) => Directory.Exists(named)
        ? EvidenceTree.Enumerate(named)
        : [new EvidenceItem(NameOf(named), null, () => EvidenceInput.Read(context, named))];

    private static string NameOf(string named) => named == EvidenceInput.StandardInput ? "standard input" : named;

    private static EvidenceItem Item((long Number, byte[]? Content) line)
    {
        var name = $"line {line.Number}";
        return line.Content is { } content
            ? new EvidenceItem(name, null, () => EvidenceReader.Parse(content, name))
            : EvidenceItem.Broken(null, new MalformedInputException(name, $"longer than {LineBytes / 1024} KiB, the limit for a line"));
    }

    // A service that is away is away for all of them: once is enough.
    private void Warn(CollateralWarning warning)
    {
        if (!_warned.Add(warning.Source))
        {
            _unwarned++;
            return;
        }

        _progress.Clear();
        _console.Warn(warning.Text);
    }

    private void Deliver(Outcome outcome)
    {
        _tally.Add(outcome);
        if (outcome.Finding?.Warning is { } warning)
        {
            Warn(warning);
        }

        if (outcome.Disposition is Disposition.Skipped)
        {
            if (_console.Verbose)
            {
                _progress.Clear();
                _console.Detail($"skipped {ErrorText.OneLine(outcome.Item.Name)}: {ErrorText.OneLine(outcome.Problem)}");
            }

            return;
        }

        if (context.Invocation.OutputIsTerminal)
        {
            _progress.Clear();
        }

        if (_console.Format is OutputFormat.Table)
        {
            WriteLine(outcome);
        }
        else
        {
            _console.WriteDocumentOfMany(json => WriteMembers(json, outcome));
        }

        _progress.Show(_tally.Done);
    }

    private void WriteLine(Outcome outcome)
    {
        var (tone, word) = outcome.Disposition switch
        {
            Disposition.Accepted => (Tone.Good, "accepted"),
            Disposition.Simulated => (Tone.Caution, "SIMULATED"),
            Disposition.Rejected => (Tone.Bad, "REJECTED"),
            _ => (Tone.Bad, "unreadable"),
        };
        var (kind, status) = outcome.Finding is { } finding ? (finding.Kind, finding.Status) : ("-", "-");
        var reason = outcome.Disposition is Disposition.Rejected && outcome.Finding!.Reasons.FirstOrDefault() is { } check
            ? $": {check.Id}: expected {check.Expected}, found {check.Actual}"
            : outcome.Problem.Length > 0 ? $": {outcome.Problem}" : "";
        var rest = ErrorText.OneLine(outcome.Item.Name + reason);
        _console.Out.WriteLine($"{_console.Paint(tone, word.PadRight(10))}  {kind,-3}  {status,-17}  {rest}");
        _console.Out.Flush();
    }

    private void WriteMembers(Utf8JsonWriter json, Outcome outcome)
    {
        json.WriteString("evidence", outcome.Item.Name);
        if (outcome.Finding is { } finding)
        {
            finding.WriteMembers(json, request.JsonOptions);
            return;
        }

        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("verdict", "unreadable");
        json.WriteString("problem", outcome.Problem);
        json.WriteString("remedy", outcome.Remedy);
    }
}
