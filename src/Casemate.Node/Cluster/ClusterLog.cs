using Microsoft.Extensions.Logging;

namespace Casemate.Node.Cluster;

/// <summary>Log messages of the agent's link to the cluster. Event ids 3670-3679; an id is never given a second meaning.</summary>
internal static partial class ClusterLog
{
    // 3670 was a part of the link that failed: now 3608, as for every part of the agent.
    [LoggerMessage(3671, LogLevel.Information, "Looking after Node {Node}, and the EPC of its pods")]
    public static partial void Begun(ILogger logger, string node);

    [LoggerMessage(3672, LogLevel.Warning, "Node {Node} does not show everything that it shall: {Problem}")]
    public static partial void NotSettled(ILogger logger, string node, string problem);

    [LoggerMessage(3673, LogLevel.Information, "Node {Node} shows everything that it shall")]
    public static partial void Settled(ILogger logger, string node);

    [LoggerMessage(3674, LogLevel.Warning, "More EPC is held on node {Node} than there is: {Problem}")]
    public static partial void Overcommitted(ILogger logger, string node, string problem);

    [LoggerMessage(3675, LogLevel.Warning, "Quotes are not made on node {Node}: {Problem}")]
    public static partial void NoQuotes(ILogger logger, string node, string problem);
}
