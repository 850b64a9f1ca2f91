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

    [LoggerMessage(3755, LogLevel.Information, "{Identity} leads by the Lease {Lease}")]
    public static partial void Leads(ILogger logger, string identity, string lease);

    [LoggerMessage(3756, LogLevel.Warning, "{Identity} does not lead by the Lease {Lease} any more: {Problem}")]
    public static partial void LeadsNoMore(ILogger logger, string identity, string lease, string problem);

    [LoggerMessage(3757, LogLevel.Information, "{Identity} gave the Lease {Lease} back")]
    public static partial void GaveBack(ILogger logger, string identity, string lease);

    [LoggerMessage(3758, LogLevel.Warning, "The Lease {Lease} cannot be had or renewed, tried again: {Problem}")]
    public static partial void LeaseTrouble(ILogger logger, string lease, string problem);

    [LoggerMessage(3759, LogLevel.Information, "The Lease {Lease} is held by {Holder}")]
    public static partial void HeldBy(ILogger logger, string lease, string holder);

    [LoggerMessage(3760, LogLevel.Information, "The API server warns about {Method} {Path}: {Warning}")]
    public static partial void Warned(ILogger logger, string method, string path, string warning);
}
