using Microsoft.Extensions.Logging;

namespace Casemate.Node;

/// <summary>Log messages of the node agent. Event ids 3600-3619; an id is never given a second meaning.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(3600, LogLevel.Information, "Looked at {Machine} (simulated: {Simulated}): {EpcBytes} bytes of EPC in {Banks} banks")]
    public static partial void Found(ILogger logger, string machine, bool simulated, long epcBytes, int banks);

    [LoggerMessage(3601, LogLevel.Warning, "The hardware changed: {EpcBytes} bytes of EPC, enclave device {Enclave}")]
    public static partial void Changed(ILogger logger, long epcBytes, string enclave);

    [LoggerMessage(3602, LogLevel.Warning, "The hardware is not well, {Problem}: {Message}")]
    public static partial void Unwell(ILogger logger, Health.HealthProblemId problem, string message);
}
