using System.Collections.Concurrent;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Tests.Service;

/// <summary>Keeps what the service says.</summary>
internal sealed class RecordingObserver : ICollateralObserver
{
    public ConcurrentQueue<(CollateralKey Key, UpstreamAnswer Answer)> Answers { get; } = new();

    public ConcurrentQueue<string> Refused { get; } = new();

    public ConcurrentQueue<string> StoreProblems { get; } = new();

    public ConcurrentQueue<string> Damages { get; } = new();

    public void Asked(CollateralKey key, string upstream, UpstreamAnswer answer, TimeSpan elapsed) => Answers.Enqueue((key, answer));

    public void NotVerifiable(CollateralKey key, string upstream, string problem) => Refused.Enqueue(problem);

    public void Stored(CollateralKey key, string problem)
    {
        if (problem.Length > 0)
        {
            StoreProblems.Enqueue(problem);
        }
    }

    public ConcurrentQueue<string> OtherRoots { get; } = new();

    public void UnderOtherRoot(CollateralKey key, string root) => OtherRoots.Enqueue(root);

    public void Damaged(CollateralKey key, string problem) => Damages.Enqueue(problem);
}
