using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>
/// Finds the collateral of one piece of evidence: what the command line names, then what came inside the evidence, then, only
/// when the command line names nothing, what lies beside it.
/// </summary>
internal sealed class CollateralChoice(EvidenceFile evidence, CollateralShelf shelf, DateTimeOffset at)
{
    private CollateralSet? _named;
    private CollateralSet? _beside;

    /// <summary>Where the collateral was taken from, for people.</summary>
    public string Origin { get; private set; } = "";

    /// <summary>Finds collateral for a quote.</summary>
    /// <exception cref="CliException">There is none, or not all of it.</exception>
    public DcapCollateral FindDcap(DcapCollateralQuery query) =>
        Find((CollateralSet set, bool exact, out string problem) => set.FindDcap(query, at, exact, out problem));

    /// <summary>Finds the certificates behind a report.</summary>
    /// <exception cref="CliException">There are none, or not all of them.</exception>
    public SnpEndorsements FindSnp(SnpEndorsementQuery query) =>
        Find((CollateralSet set, bool exact, out string problem) => set.FindSnp(query, at, exact, out problem));

    /// <summary>Finds certificate chains that may be a GPU's, as PEM.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public IReadOnlyList<ReadOnlyMemory<byte>> FindGpuChains() =>
        Find((CollateralSet set, bool _, out string problem) =>
        {
            problem = "no certificate of a GPU, which names its firmware";
            return set.FindGpuChains(at) is { Count: > 0 } chains ? chains : null;
        }, together: true);

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
                    Origin = set.Name;
                    return found;
                }

                problem = problem.Length == 0 && !set.IsEmpty ? $"{set.Name}: {missing}" : problem;
            }
        }

        throw problem.Length > 0
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
