using Casemate.Node.Cluster;

namespace Casemate.Node.Tests.Cluster;

/// <summary>A quote helper that says what a test wants.</summary>
internal sealed class TestQuotes(string? problem) : IQuoteReadiness
{
    private volatile string? _problem = problem;

    public string? Problem
    {
        set => _problem = value;
    }

    public Task<string?> FindProblemAsync(CancellationToken cancellationToken) => Task.FromResult(_problem);
}
