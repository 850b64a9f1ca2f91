using Casemate.Cli.Output;

namespace Casemate.Cli.Verify.Many;

/// <summary>Counts outcomes, and says at the end what they were.</summary>
internal sealed class Tally
{
    // Enough to see what was left out; with -v all are named as they are met.
    private const int NamesShown = 20;

    private readonly Dictionary<Disposition, long> _counts = [];
    private readonly SortedDictionary<(string Tee, Disposition Disposition, string Status), long> _kinds = [];
    private readonly HashSet<string> _directoriesWithEvidence = [];
    private readonly List<string> _skipped = [];

    /// <summary>How many verdicts were reached or missed; skipped files do not count.</summary>
    public long Done { get; private set; }

    /// <summary>Whether evidence, readable or not, was found under a directory of the command line.</summary>
    public bool FoundEvidenceIn(string directory) => _directoriesWithEvidence.Contains(directory);

    /// <summary>Counts one outcome.</summary>
    public void Add(Outcome outcome)
    {
        _counts[outcome.Disposition] = Count(outcome.Disposition) + 1;
        if (outcome.Disposition is Disposition.Skipped)
        {
            if (_skipped.Count < NamesShown)
            {
                _skipped.Add(outcome.Item.Name);
            }

            return;
        }

        Done++;
        if (outcome.Item.Directory is { } directory)
        {
            _directoriesWithEvidence.Add(directory);
        }

        if (outcome.Finding is { } finding)
        {
            var key = (finding.Kind, outcome.Disposition, finding.Status);
            _kinds[key] = _kinds.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>
    /// 1 when anything was rejected, else 3 when there is anything without a verdict or nothing at all, else 20 when anything rests
    /// on a simulated root, else 0.
    /// </summary>
    public int ExitCode =>
        Count(Disposition.Rejected) > 0 ? Cli.ExitCode.Refused
        : Count(Disposition.Unreadable) > 0 || Done == 0 ? Cli.ExitCode.BadInput
        : Count(Disposition.Simulated) > 0 ? Cli.ExitCode.Simulated : Cli.ExitCode.Success;

    /// <summary>Writes the summary to standard error.</summary>
    public void Write(ConsoleOutput console)
    {
        var simulated = Count(Disposition.Simulated);
        var accepted = Count(Disposition.Accepted) + simulated;
        console.Note(
            $"{Done} verified: {accepted} accepted{(simulated > 0 ? $" ({simulated} SIMULATED)" : "")}, "
            + $"{Count(Disposition.Rejected)} rejected, {Count(Disposition.Unreadable)} unreadable");
        foreach (var ((tee, disposition, status), count) in _kinds)
        {
            console.Note($"  {tee}  {disposition.ToString().ToLowerInvariant(),-10}  {status}: {count}");
        }

        if (Count(Disposition.Skipped) is var skipped and > 0)
        {
            var names = string.Join(", ", _skipped.Select(ErrorText.OneLine));
            var more = skipped > _skipped.Count ? $" and {skipped - _skipped.Count} more (-v names them)" : "";
            console.Note($"  skipped, not evidence: {names}{more}");
        }
    }

    private long Count(Disposition disposition) => _counts.GetValueOrDefault(disposition);
}
