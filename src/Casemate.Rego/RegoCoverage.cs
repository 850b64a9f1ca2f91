namespace Casemate.Rego;

/// <summary>
/// Which literals in the bodies of a policy's rules evaluations have reached. Rules without a body have none. Used by one thread at a time.
/// </summary>
public sealed class RegoCoverage
{
    private readonly HashSet<RegoLocation> _reached = [];
    private readonly Lazy<HashSet<RegoLocation>> _all;

    /// <summary>Begins with nothing reached.</summary>
    /// <param name="policy">The policy that will be evaluated.</param>
    public RegoCoverage(CompiledPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _all = new Lazy<HashSet<RegoLocation>>(() => [.. policy.Literals()]);
    }

    /// <summary>The literals there are.</summary>
    public int Total => _all.Value.Count;

    /// <summary>The literals that some evaluation reached.</summary>
    public int Reached => _all.Value.Count(_reached.Contains);

    /// <summary>The share that was reached, 0 to 1; 1 where there are none.</summary>
    public double Share => Total == 0 ? 1 : (double)Reached / Total;

    /// <summary>The places that no evaluation reached, by file, line and column.</summary>
    public IReadOnlyList<RegoLocation> NotReached =>
    [
        .. _all.Value.Where(at => !_reached.Contains(at)).OrderBy(at => at.File, StringComparer.Ordinal).ThenBy(at => at.Line)
            .ThenBy(at => at.Column),
    ];

    internal void Reach(RegoLocation at) => _reached.Add(at);
}
