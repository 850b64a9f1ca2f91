using Microsoft.Extensions.Logging;

namespace Casemate.Node.Enforcement;

/// <summary>Log messages of the enforcement of EPC limits. Event ids 3650-3659; an id is never given a second meaning.</summary>
internal static partial class EnforcementLog
{
    [LoggerMessage(EventId = 3650, Message = "{Sentence}")]
    public static partial void Changed(ILogger logger, LogLevel level, string sentence);

    [LoggerMessage(3651, LogLevel.Error, "The connection to the runtime's NRI failed; it is made again")]
    public static partial void SessionFailed(ILogger logger, Exception problem);

    [LoggerMessage(3652, LogLevel.Information, "Container {Namespace}/{Pod}/{Container}: at most {Bytes} bytes of EPC ({Source})")]
    public static partial void Limited(
        ILogger logger, string @namespace, string pod, string container, long bytes, EpcLimitSource source);

    [LoggerMessage(3653, LogLevel.Warning,
        "Container {Namespace}/{Pod}/{Container} has an enclave device and no limit: nobody knows how much EPC it asked for ({Problem})")]
    public static partial void Unknown(ILogger logger, string @namespace, string pod, string container, string problem);

    [LoggerMessage(3654, LogLevel.Warning, "Container {Namespace}/{Pod}/{Container} is refused: {Problem}")]
    public static partial void Refused(ILogger logger, string @namespace, string pod, string container, string problem);

    [LoggerMessage(3655, LogLevel.Error, "The limit of container {Namespace}/{Pod}/{Container} could not be found; it gets none")]
    public static partial void Failed(ILogger logger, string @namespace, string pod, string container, Exception problem);

    [LoggerMessage(3656, LogLevel.Information, "The runtime runs {Containers} containers; {Limited} of them get a limit now")]
    public static partial void Synchronized(ILogger logger, int containers, int limited);

    // 3657 was of changes that the agent asked for by itself; it does not any more.
    [LoggerMessage(3658, LogLevel.Information,
        "Container {Namespace}/{Pod}/{Container} runs without a limit, and its amount has become known: the agent registers at the runtime anew")]
    public static partial void Late(ILogger logger, string @namespace, string pod, string container);
}
