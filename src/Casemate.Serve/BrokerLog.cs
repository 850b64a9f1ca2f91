using Casemate.Broker;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve;

/// <summary>Log messages of the broker's decisions. Event ids 3000-3099; an id is never given a second meaning.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(3000, LogLevel.Information, "{Kind} {Outcome}: tee {Tee}, simulated {Simulated}, session {Session}, token {Token}")]
    public static partial void Decided(
        ILogger logger, DecisionKind kind, DecisionOutcome outcome, string? tee, bool simulated, string? session, string? token);

    [LoggerMessage(3001, LogLevel.Warning, "{Kind} {Outcome}: {Code}, first failed check {Check}, tee {Tee}, session {Session}")]
    public static partial void Refused(
        ILogger logger, DecisionKind kind, DecisionOutcome outcome, BrokerErrorCode code, string check, string? tee, string? session);

    [LoggerMessage(3010, LogLevel.Error, "{Code}: something that the broker needs failed")]
    public static partial void DependencyFailed(ILogger logger, BrokerErrorCode code, Exception exception);
}
