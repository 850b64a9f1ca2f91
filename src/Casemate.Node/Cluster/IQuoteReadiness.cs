namespace Casemate.Node.Cluster;

/// <summary>Whether enclaves on this node get quotes.</summary>
public interface IQuoteReadiness
{
    /// <summary>Looks once.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>Null when quotes are made; else why not: one sentence that stays the same as long as its cause does.</returns>
    Task<string?> FindProblemAsync(CancellationToken cancellationToken);
}
