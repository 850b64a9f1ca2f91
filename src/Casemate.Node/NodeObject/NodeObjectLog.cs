using Microsoft.Extensions.Logging;

namespace Casemate.Node.NodeObject;

/// <summary>Log messages about the Node. Event ids 3660-3669; an id is never given a second meaning.</summary>
internal static partial class NodeObjectLog
{
    [LoggerMessage(3660, LogLevel.Warning, "Node {Node} could not be looked after, tried again in {WaitSeconds} s: {Problem}")]
    public static partial void PassFailed(ILogger logger, string node, double waitSeconds, string problem);

    [LoggerMessage(3661, LogLevel.Information, "{Resource} of node {Node} was {Had}, written as {Value}")]
    public static partial void CapacityWritten(ILogger logger, string node, string resource, string had, long value);

    [LoggerMessage(3662, LogLevel.Warning, "Node {Node}: {Conflict}")]
    public static partial void Conflict(ILogger logger, string node, string conflict);

    [LoggerMessage(3663, LogLevel.Warning, "Labels of node {Node} that somebody else holds were left alone: {Labels}")]
    public static partial void LabelsContested(ILogger logger, string node, string labels);

    [LoggerMessage(3664, LogLevel.Information, "Node {Node} is attested: {Reason}")]
    public static partial void Attested(ILogger logger, string node, string reason);

    [LoggerMessage(3665, LogLevel.Warning, "Node {Node} is not attested: {Reason}: {Problem}")]
    public static partial void NotAttested(ILogger logger, string node, string reason, string problem);

    [LoggerMessage(3666, LogLevel.Warning, "Node {Node} does not show what is offered: {Problem}")]
    public static partial void NotAdvertised(ILogger logger, string node, string problem);

    [LoggerMessage(3667, LogLevel.Information, "Node {Node} is open to pods")]
    public static partial void Opened(ILogger logger, string node);

    [LoggerMessage(3668, LogLevel.Warning, "Node {Node} was opened to pods although it is not attested: the setting says so")]
    public static partial void OpenedUnattested(ILogger logger, string node);
}
