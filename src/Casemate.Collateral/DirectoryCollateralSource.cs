using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;

namespace Casemate.Collateral;

/// <summary>
/// A directory as a source of collateral for many platforms: files in it, and in its subdirectories one level down. What a
/// subdirectory lacks (a root's revocation list, a QE identity) is taken from the directory itself, so that shared pieces are
/// stored once. Read into memory; <see cref="Reload"/> takes up changes. Safe for concurrent use.
/// </summary>
public sealed class DirectoryCollateralSource : ICollateralSource
{
    private readonly string _directory;
    private readonly TimeProvider _time;
    private volatile Index _index;

    private DirectoryCollateralSource(string directory, TimeProvider time, Index index)
    {
        _directory = directory;
        _time = time;
        _index = index;
    }

    /// <summary>Reads a directory.</summary>
    /// <param name="directory">The directory; it may be empty.</param>
    /// <param name="time">The clock, for choosing among generations of the same document.</param>
    /// <exception cref="MalformedInputException">Absent, unreadable, or a file in it is damaged collateral.</exception>
    public static DirectoryCollateralSource Load(string directory, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(time);
        return new DirectoryCollateralSource(directory, time, Index.Read(directory));
    }

    /// <summary>Reads the directory again. If that fails, what was read before stays in force.</summary>
    /// <exception cref="MalformedInputException">As for <see cref="Load"/>.</exception>
    public void Reload() => _index = Index.Read(_directory);

    /// <inheritdoc/>
    public ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var now = _time.GetUtcNow();
        var index = _index;
        var sets = query.Fmspc.Length > 0 ? index.ByPlatform[(query.Tee, query.Fmspc)] : index.All;
        return ValueTask.FromResult(
            sets.Select(set => set.FindDcap(query, now, exact: true, out _)).FirstOrDefault(found => found is not null));
    }

    /// <inheritdoc/>
    public ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var now = _time.GetUtcNow();
        var index = _index;
        var found = index.ByTcb[query.ReportedTcb]
            .Select(set => set.FindSnp(query, now, exact: true, out _))
            .FirstOrDefault(endorsements => endorsements is not null);
        return ValueTask.FromResult(found ?? index.All[0].FindSnpChain(query, now));
    }

    /// <summary>
    /// What one reading found: every set with the shared pieces (the first is the directory itself), and which of them know a
    /// platform or a TCB.
    /// </summary>
    private sealed record Index(
        ImmutableArray<CollateralSet> All, ILookup<(Tee, string), CollateralSet> ByPlatform, ILookup<string, CollateralSet> ByTcb)
    {
        public static Index Read(string directory)
        {
            if (!Directory.Exists(directory))
            {
                throw new MalformedInputException(directory, "no such directory");
            }

            var shared = CollateralReader.ReadDirectory(directory);
            var own = ImmutableArray.CreateBuilder<(CollateralSet Own, CollateralSet Whole)>();
            own.Add((shared, shared));
            foreach (var path in SubdirectoriesOf(directory))
            {
                var set = CollateralReader.ReadDirectory(path);
                own.Add((set, set.With(shared)));
            }

            var platforms = own.SelectMany(set => set.Own.Pieces.Documents
                .Where(document => document is { Kind: DocumentKind.TcbInfo, Tee: not null })
                .Select(document => (Key: (document.Tee!.Value, document.Fmspc), set.Whole)).Distinct());
            var tcbs = own.SelectMany(set => set.Own.Pieces.Veks.Select(vek => (vek.Tcb, set.Whole)).Distinct());
            return new Index(
                [.. own.Select(set => set.Whole)],
                platforms.ToLookup(entry => entry.Key, entry => entry.Whole),
                tcbs.ToLookup(entry => entry.Tcb, entry => entry.Whole));
        }

        private static List<string> SubdirectoriesOf(string directory)
        {
            var found = Directory.EnumerateDirectories(directory)
                .Where(path => !Path.GetFileName(path).StartsWith('.'))
                .Take(CollateralLimits.Subdirectories + 1)
                .Order(StringComparer.Ordinal)
                .ToList();
            return found.Count <= CollateralLimits.Subdirectories
                ? found
                : throw new MalformedInputException(directory, $"holds more than {CollateralLimits.Subdirectories} subdirectories");
        }
    }
}
