using Microsoft.Extensions.Logging;

namespace Casemate.Kubernetes;

/// <summary>Log messages of the Kubernetes client. Event ids 3750-3799; an id is never given a second meaning.</summary>
internal static partial class KubeLog
{
    [LoggerMessage(3750, LogLevel.Debug, "{Method} {Path} failed (attempt {Attempt}), tried again in {WaitSeconds} s: {Problem}")]
    public static partial void TryAgain(ILogger logger, string method, string path, int attempt, double waitSeconds, string problem);

    [LoggerMessage(3751, LogLevel.Information, "Watching {Resource} from version {ResourceVersion}: {Objects} objects")]
    public static partial void Watching(ILogger logger, string resource, string resourceVersion, int objects);

    [LoggerMessage(3752, LogLevel.Warning, "The watch of {Resource} broke, tried again in {WaitSeconds} s: {Problem}")]
    public static partial void WatchBroke(ILogger logger, string resource, double waitSeconds, string problem);

    [LoggerMessage(3753, LogLevel.Information, "The version of {Resource} is too old: listed again")]
    public static partial void ListAgain(ILogger logger, string resource);

    [LoggerMessage(3754, LogLevel.Warning, "Event {Reason} about {Regarding} was not recorded: {Problem}")]
    public static partial void EventLost(ILogger logger, string reason, string regarding, string problem);
}
