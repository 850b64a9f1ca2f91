namespace Casemate.Broker;

/// <summary>What became of checking an audit log's chain.</summary>
/// <param name="Records">How many records follow one another without a break, from the first on.</param>
/// <param name="BrokenAtLine">The first line that breaks the chain, from 1; null when none does.</param>
/// <param name="Problem">What is wrong with it; null when nothing is.</param>
public sealed record AuditChain(long Records, long? BrokenAtLine, string? Problem)
{
    /// <summary>True when every line is a record that follows the one before it.</summary>
    public bool IsIntact => BrokenAtLine is null;
}
