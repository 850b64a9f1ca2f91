using Casemate.Node.Discovery;
using Microsoft.Extensions.Logging;

namespace Casemate.Node;

/// <summary>Log messages of the node agent. Event ids 3600-3619; an id is never given a second meaning.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(3600, LogLevel.Information, "Looked at {Machine} (simulated: {Simulated}): {EpcBytes} bytes of EPC in {Banks} banks")]
    public static partial void Found(ILogger logger, string machine, bool simulated, long epcBytes, int banks);

    [LoggerMessage(3601, LogLevel.Warning, "The hardware changed: {EpcBytes} bytes of EPC, enclave device {Enclave}")]
    public static partial void Changed(ILogger logger, long epcBytes, string enclave);

    [LoggerMessage(3602, LogLevel.Warning, "The hardware is not well, {Problem}: {Detail} {Remedy}")]
    public static partial void Unwell(ILogger logger, Health.HealthProblemId problem, string detail, string remedy);

    [LoggerMessage(3603, LogLevel.Information, "The hardware is well again, {Problem} is over")]
    public static partial void WellAgain(ILogger logger, Health.HealthProblemId problem);

    [LoggerMessage(EventId = 3604, Message = "Found on this machine, {Finding}: {Detail} {Remedy}")]
    public static partial void FoundOdd(ILogger logger, LogLevel level, FindingId finding, string detail, string remedy);

    [LoggerMessage(3605, LogLevel.Information, "Ready: whatever is offered is known to the kubelet")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(3606, LogLevel.Warning, "Not ready any more: {Why}")]
    public static partial void NotReady(ILogger logger, string why);

    [LoggerMessage(3607, LogLevel.Information, "Stopping; containers that run are not touched, and the kubelet keeps capacity for five minutes")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(3608, LogLevel.Error, "{Part} failed and begins again; everything else goes on")]
    public static partial void PartFailed(ILogger logger, string part, Exception exception);

    [LoggerMessage(3609, LogLevel.Information, "{Part} works again")]
    public static partial void PartWorks(ILogger logger, string part);
}
