using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Pccs;

/// <summary>Logs what the cache sees.</summary>
internal sealed class PccsObserver(ILogger logger) : ICollateralObserver
{
    public void Asked(CollateralKey key, string upstream, UpstreamAnswer answer, TimeSpan elapsed)
    {
        if (answer.Status is UpstreamStatus.Found)
        {
            PccsLog.UpstreamAnswered(logger, upstream, key.ToLogText(), elapsed.TotalMilliseconds);
        }
        else
        {
            PccsLog.UpstreamFailed(logger, upstream, key.ToLogText(), $"{answer.Status}: {answer.Problem}", elapsed.TotalMilliseconds);
        }
    }

    public void NotVerifiable(CollateralKey key, string upstream, string problem) =>
        PccsLog.NotVerifiable(logger, key.ToLogText(), upstream, problem);

    public void Stored(CollateralKey key, string problem)
    {
        if (problem.Length == 0)
        {
            PccsLog.Stored(logger, key.ToLogText());
        }
        else
        {
            PccsLog.NotStored(logger, key.ToLogText(), problem);
        }
    }

    public void UnderOtherRoot(CollateralKey key, string root) => PccsLog.UnderOtherRoot(logger, key.ToLogText(), root);

    public void Damaged(CollateralKey key, string problem) => PccsLog.Damaged(logger, key.ToLogText(), problem);
}
