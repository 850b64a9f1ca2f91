using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Cli.Output;
using Casemate.Collateral;
using Casemate.Collateral.Service;

namespace Casemate.Cli.Verify;

/// <summary>
/// Finds the collateral of one piece of evidence: what the command line names, then what came inside the evidence, then, only
/// when the command line names nothing, what lies beside it.
/// </summary>
internal sealed class CollateralChoice(EvidenceFile evidence, CollateralShelf shelf, DateTimeOffset at)
{
    private CollateralSet? _named;
    private CollateralSet? _beside;
    private (INamedSource Source, CollateralOutcome Outcome)? _failure;

    /// <summary>Where the collateral was taken from, for people.</summary>
    public string Origin { get; private set; } = "";

    /// <summary>That a source which was named was of no use, and what was used in its place; null: none was missed.</summary>
    public CollateralWarning? Warning { get; private set; }

    /// <summary>Finds collateral for a quote.</summary>
    /// <exception cref="CliException">There is none, or not all of it.</exception>
    public DcapCollateral FindDcap(DcapCollateralQuery query) => FindAtSources(query) ?? Find(
        (CollateralSet set, bool exact, out string problem) => set.FindDcap(query, at, exact, out problem));

    /// <summary>Finds the certificates behind a report.</summary>
    /// <exception cref="CliException">There are none, or not all of them.</exception>
    public SnpEndorsements FindSnp(SnpEndorsementQuery query) => FindAtSources(query) ?? Find(
        (CollateralSet set, bool exact, out string problem) => set.FindSnp(query, at, exact, out problem));

    /// <summary>Finds certificate chains that may be a GPU's, as PEM.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> FindGpuChains() =>
        Find((CollateralSet set, bool _, out string problem) =>
        {
            problem = "no certificate of a GPU, which names its firmware";
            return set.FindGpuChains(at) is { Count: > 0 } chains ? chains : null;
        }, together: true);

    // Files that were named and are enough come first: they cost no request.
    private DcapCollateral? FindAtSources(DcapCollateralQuery query)
    {
        if (shelf.Sources.Count == 0)
        {
            return null;
        }

        if (shelf.Named().FindDcap(query, at, exact: true, out _) is { } enough)
        {
            Origin = shelf.Named().Name;
            return enough;
        }

        foreach (var source in shelf.Sources)
        {
            var (found, outcome) = source.FindDcap(query);
            if (found is not null)
            {
                WarnOfFailedSource(source.Name);
                Origin = source.Name;
                return found;
            }

            Note(source, outcome);
        }

        return null;
    }

    // The certificate of the key may come with the evidence; what stands above it, and what is revoked, a source knows better.
    private SnpEndorsements? FindAtSources(SnpEndorsementQuery query)
    {
        if (shelf.Sources.Count == 0)
        {
            return null;
        }

        var own = shelf.Named().With(evidence.Included).FindSnp(query, at, exact: true, out _);
        foreach (var source in shelf.Sources)
        {
            var (found, outcome) = source.FindSnp(query);
            if (found is { Vek.IsEmpty: true })
            {
                found = own is null ? null : found with { Vek = own.Vek };
                if (HasFailed(outcome))
                {
                    // Issuers are shipped: they say nothing about whether the source was there. A revocation list does.
                    Note(source, outcome);
                    found = found?.Crl is null ? null : found;
                }
            }

            if (found is not null)
            {
                WarnOfFailedSource($"{source.Name}, with the certificate of {evidence.Name}");
                Origin = source.Name;
                return found;
            }

            Note(source, outcome);
        }

        return null;
    }

    private void Note(INamedSource source, CollateralOutcome outcome)
    {
        _failure ??= (source, outcome);
        if (HasFailed(outcome))
        {
            _failure = (source, outcome);
        }
    }

    private static bool HasFailed(CollateralOutcome outcome) =>
        outcome.Status is CollateralStatus.UpstreamFailed or CollateralStatus.UpstreamBusy or CollateralStatus.NotVerifiable;

    // Of several sources one that merely has it not is why the next one was named.
    private void WarnOfFailedSource(string used)
    {
        if (_failure is var (_, outcome) && HasFailed(outcome))
        {
            Warn(used);
        }
    }

    private void Warn(string used)
    {
        if (_failure is var (source, outcome))
        {
            var why = outcome.Status switch
            {
                CollateralStatus.UpstreamFailed or CollateralStatus.UpstreamBusy => $"{source.Name} could not be asked",
                CollateralStatus.NotVerifiable => $"what {source.Name} gives does not verify",
                _ => $"{source.Name} has not all of it",
            };
            var with = used == evidence.Name ? "the collateral that came with it" : $"the collateral of {used}";
            Warning = new CollateralWarning(
                source.Name, ErrorText.OneLine($"{evidence.Name} was judged with {with}: {why}: {outcome.Problem}"));
        }
    }

    private CliException Unavailable(INamedSource source, CollateralOutcome outcome) => outcome.Status switch
    {
        CollateralStatus.UpstreamFailed or CollateralStatus.UpstreamBusy => new CliException(
            ExitCode.Unreachable, $"the collateral for {evidence.Name} cannot be had from {source.Name} now: {outcome.Problem}",
            outcome.RetryAfter is { } pause
                ? $"Try again in {Math.Ceiling(pause.TotalSeconds)} s."
                : "Mend that or try again, or use a bundle of collateral."),
        CollateralStatus.NotVerifiable => CliException.BadInput(
            $"what {source.Name} gives for {evidence.Name} does not verify: {outcome.Problem}",
            "If it serves a simulator's collateral, name the simulator's root with --root."),
        _ => CliException.BadInput(
            $"{source.Name} has not all the collateral for {evidence.Name}: {outcome.Problem}",
            "Fetch it with casemate collateral fetch --from-evidence, and export it again if it is a bundle."),
    };

    private delegate T? Finder<T>(CollateralSet set, bool exact, out string problem);

    private T Find<T>(Finder<T> find, bool together = false)
        where T : class
    {
        // The right collateral from anywhere is better than collateral of another platform from the first place; the latter is
        // still used if there is nothing else, because a verdict that shows both sides says more than "not found".
        var problem = "";
        foreach (var exact in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (var set in Candidates(together))
            {
                if (find(set, exact, out var missing) is { } found)
                {
                    Warn(set.Name);
                    Origin = set.Name;
                    return found;
                }

                problem = problem.Length == 0 && !set.IsEmpty ? $"{set.Name}: {missing}" : problem;
            }
        }

        throw _failure is var (source, outcome) ? Unavailable(source, outcome) : problem.Length > 0
            ? CliException.BadInput($"the collateral is not complete: {problem}", Remedy)
            : CliException.Usage($"no collateral for {evidence.Name}: none was named and none lies inside or beside it", Remedy);
    }

    private const string Remedy =
        "Pass --collateral FILE|DIR: a collateral.json, a directory with TCB info, QE identity and revocation lists (SGX, TDX), "
        + "with VCEK, ASK and ARK certificates "
        + "(SEV-SNP), or with the certificate chain of the device (GPU).";

    // Together: only a signature tells which piece is the right one, so that all must be tried.
    private IEnumerable<CollateralSet> Candidates(bool together)
    {
        var inside = evidence.Included;
        if (shelf.IsNamed)
        {
            // What is named and complete counts alone: otherwise whoever sends evidence could choose by which documents it is judged,
            // such as by those of a lower evaluation number that were issued a day later.
            if (!together)
            {
                yield return shelf.Named();
            }

            _named ??= shelf.Named().With(inside);
            yield return _named;
            yield break;
        }

        // Files beside the evidence are read only when what came with it is not enough: they may be anything.
        yield return inside;
        _beside ??= inside.With(BesideEvidence() ?? CollateralSet.Empty);
        yield return _beside;
    }

    private CollateralSet? BesideEvidence()
    {
        var directory = Directory.Exists(evidence.Name) ? evidence.Name : Path.GetDirectoryName(Path.GetFullPath(evidence.Name));
        return File.Exists(evidence.Name) && directory is not null ? shelf.In(directory) : null;
    }
}
