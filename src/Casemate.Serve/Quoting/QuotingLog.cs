using Casemate.Quoting;
using Casemate.Quoting.Qgs;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary>Log messages of the quote helper. Event ids 3400-3499; an id is never given a second meaning.</summary>
internal static partial class QuotingLog
{
    [LoggerMessage(3400, LogLevel.Information, "Listening on {Endpoint}")]
    public static partial void Listening(ILogger logger, string endpoint);

    [LoggerMessage(3401, LogLevel.Warning, "The socket {Endpoint} had vanished and was made again")]
    public static partial void SocketRestored(ILogger logger, string endpoint);

    [LoggerMessage(3402, LogLevel.Error, "The socket {Endpoint} no longer leads here: {Problem}")]
    public static partial void SocketLost(ILogger logger, string endpoint, string problem);

    [LoggerMessage(
        3403, LogLevel.Warning,
        "A connection by {Endpoint} of process {Pid}, user {Uid}, was closed: limit {Limit} is reached; {Suppressed} like it not shown")]
    public static partial void ConnectionRefused(ILogger logger, string endpoint, int pid, uint uid, string limit, long suppressed);

    [LoggerMessage(
        3404, LogLevel.Warning,
        "A connection by {Endpoint} of process {Pid}, user {Uid}, was closed: {Reason}; {Suppressed} like it not shown")]
    public static partial void ConnectionDropped(ILogger logger, string endpoint, int pid, uint uid, string reason, long suppressed);

    [LoggerMessage(3405, LogLevel.Error, "A fault of the quote helper at {Endpoint}")]
    public static partial void Faulted(ILogger logger, string endpoint, Exception exception);

    [LoggerMessage(3410, LogLevel.Debug, "Quote for {Peer}: {Bytes} bytes, waited {WaitedMs} ms, made in {WorkedMs} ms")]
    public static partial void Quoted(ILogger logger, string peer, int bytes, double waitedMs, double workedMs);

    [LoggerMessage(
        3411, LogLevel.Warning,
        "{Request} of {Peer} answered with {Code} ({Number}), DCAP {DcapCode}: {Meaning} {Detail} "
            + "Remedy: {Remedy} ({Suppressed} like it not shown)")]
    public static partial void Answered(
        ILogger logger, string request, string peer, AesmError code, int number, string dcapCode, string meaning, string detail,
        string remedy, long suppressed, Exception? exception);

    [LoggerMessage(3420, LogLevel.Information, "The attestation key of {Provider} is made and certified after {ElapsedMs} ms")]
    public static partial void Initialised(ILogger logger, string provider, double elapsedMs);

    [LoggerMessage(
        3421, LogLevel.Error,
        "The attestation key of {Provider} cannot be made: {Code}, DCAP {DcapCode}: {Detail}. Remedy: {Remedy} Next try in {Pause}")]
    public static partial void InitialisationFailed(
        ILogger logger, string provider, AesmError code, string dcapCode, string detail, string remedy, TimeSpan? pause,
        Exception? exception);

    [LoggerMessage(3422, LogLevel.Information, "The quote helper is ready")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(3423, LogLevel.Warning, "The quote helper is not ready")]
    public static partial void NotReady(ILogger logger);

    [LoggerMessage(3424, LogLevel.Information, "Evidence of this guest comes from {Provider}: the first took {ElapsedMs} ms")]
    public static partial void EvidenceAvailable(ILogger logger, string provider, double elapsedMs);

    [LoggerMessage(3425, LogLevel.Error, "No evidence of this guest comes from {Provider}: {Detail} Next try in {Pause}")]
    public static partial void EvidenceUnavailable(ILogger logger, string provider, string detail, TimeSpan pause, Exception? exception);

    [LoggerMessage(
        3426, LogLevel.Information,
        "No enclave is quoted here, for want of SGX: AESM clients get code 2 (NoDevice), evidence of this machine is had from {Evidence}")]
    public static partial void NoEnclaves(ILogger logger, string evidence);

    [LoggerMessage(
        3430, LogLevel.Error,
        "A quote for {Peer} could not be recorded and is {Fate}. "
            + "Remedy: make room on the audit log's disk ({Suppressed} like it not shown)")]
    public static partial void NotRecorded(ILogger logger, string peer, string fate, long suppressed, Exception exception);

    [LoggerMessage(3431, LogLevel.Error, "{Hung} calls of {Provider} hang. Remedy: if they do not come back, start the quote helper anew")]
    public static partial void BackendHung(ILogger logger, string provider, int hung);

    [LoggerMessage(
        3432, LogLevel.Information,
        "{Provider} came back from a call whose client no longer waited ({Suppressed} like it not shown)")]
    public static partial void LateAnswer(ILogger logger, string provider, long suppressed, Exception? exception);

    [LoggerMessage(
        3440, LogLevel.Warning,
        "{Request} of a TD's host, {Peer}, answered with {Code} ({Number}), DCAP {DcapCode}: {Meaning} "
            + "Remedy: {Remedy} ({Suppressed} like it not shown)")]
    public static partial void QgsAnswered(
        ILogger logger, string request, string peer, QgsError code, int number, string dcapCode, string meaning, string remedy, long suppressed,
        Exception? exception);

    [LoggerMessage(3441, LogLevel.Warning, "A connection of {Peer} ended without an answer: {Reason}; {Suppressed} like it not shown")]
    public static partial void QgsDropped(ILogger logger, string peer, string reason, long suppressed);

    [LoggerMessage(3442, LogLevel.Debug, "TD quote for {Peer}: waited {WaitedMs} ms, made in {WorkedMs} ms")]
    public static partial void QgsQuoted(ILogger logger, string peer, double waitedMs, double workedMs);

    [LoggerMessage(3450, LogLevel.Information, "Health, readiness and metrics on {Endpoint}")]
    public static partial void HealthListening(ILogger logger, string endpoint);

    [LoggerMessage(3451, LogLevel.Information, "Evidence of this node ({Tees}) on {Endpoint}")]
    public static partial void EvidenceListening(ILogger logger, string endpoint, string tees);

    [LoggerMessage(3452, LogLevel.Error, "A request to {Route} failed")]
    public static partial void RequestFailed(ILogger logger, string route, Exception exception);

    [LoggerMessage(3460, LogLevel.Warning, "Quotes are simulated ({Provider}): they prove nothing about hardware")]
    public static partial void SimulatedProvider(ILogger logger, string provider);

    [LoggerMessage(3461, LogLevel.Warning, "{File}: {Problem}")]
    public static partial void ConfigurationWarning(ILogger logger, string file, string problem);

    [LoggerMessage(3462, LogLevel.Warning, "Quotes are given out also when they cannot be recorded (allow-unrecorded-quotes)")]
    public static partial void UnrecordedQuotesAllowed(ILogger logger);

    [LoggerMessage(3465, LogLevel.Error, "No socket in the allocation directory {Directory}: {Problem}")]
    public static partial void AllocationNotServed(ILogger logger, string directory, string problem);

    [LoggerMessage(3466, LogLevel.Warning, "{Caution}")]
    public static partial void SocketAtRisk(ILogger logger, string caution);

    [LoggerMessage(3463, LogLevel.Information, "Stopping: requests under way have {Timeout} to end")]
    public static partial void Stopping(ILogger logger, TimeSpan timeout);

    [LoggerMessage(3464, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);
}
