using Microsoft.Extensions.Logging;

namespace Casemate.Rpc.Server;

/// <summary>Log messages of the gRPC server. Event ids 3700-3749; an id is never given a second meaning.</summary>
internal static partial class RpcLog
{
    [LoggerMessage(3700, LogLevel.Debug, "Serving {Methods} methods on {Socket}")]
    public static partial void Listening(ILogger logger, string socket, int methods);

    [LoggerMessage(3701, LogLevel.Debug, "Stopped serving on {Socket}")]
    public static partial void Stopped(ILogger logger, string socket);

    [LoggerMessage(3710, LogLevel.Debug, "{Path} ended with {Status}")]
    public static partial void Ended(ILogger logger, string path, RpcStatus status);

    [LoggerMessage(3711, LogLevel.Warning, "{Path} was refused with {Status}: {Detail}")]
    public static partial void Refused(ILogger logger, string path, RpcStatus status, string detail);

    [LoggerMessage(3712, LogLevel.Error, "{Path} failed; the peer was told no more than that")]
    public static partial void Faulted(ILogger logger, string path, Exception exception);
}
