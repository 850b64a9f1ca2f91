using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Guest;

/// <summary>Log messages of the guest API and its broker client. Event ids 3200-3299; an id is never given a second meaning.</summary>
internal static partial class GuestApiLog
{
    [LoggerMessage(3200, LogLevel.Information, "Guest API listens on {Address}, TEE {Tee}")]
    public static partial void Listening(ILogger logger, Uri address, string tee);

    [LoggerMessage(3201, LogLevel.Information, "Evidence given out ({Bytes} bytes)")]
    public static partial void EvidenceGiven(ILogger logger, int bytes);

    [LoggerMessage(3202, LogLevel.Information, "Token given out, valid until {Expires}")]
    public static partial void TokenGiven(ILogger logger, DateTimeOffset expires);

    [LoggerMessage(3203, LogLevel.Information, "Resource {Path} given out ({Bytes} bytes)")]
    public static partial void ResourceGiven(ILogger logger, string path, int bytes);

    [LoggerMessage(3204, LogLevel.Information, "Runtime measurement extended")]
    public static partial void MeasurementExtended(ILogger logger);

    [LoggerMessage(3210, LogLevel.Warning, "{Route} failed ({Reason}): {Message}")]
    public static partial void RequestFailed(ILogger logger, string route, string reason, string message);

    [LoggerMessage(3211, LogLevel.Warning, "Request for host '{Host}' refused: only loopback names are served")]
    public static partial void ForeignHost(ILogger logger, string host);

    [LoggerMessage(3212, LogLevel.Warning, "Request from {Peer} refused: only loopback peers are served")]
    public static partial void ForeignPeer(ILogger logger, string peer);

    [LoggerMessage(3213, LogLevel.Error, "{Route} failed unexpectedly")]
    public static partial void RequestFaulted(ILogger logger, string route, Exception exception);

    [LoggerMessage(3220, LogLevel.Information, "Attested to {Kbs} as {Tee} in {ElapsedMs} ms")]
    public static partial void Attested(ILogger logger, Uri kbs, string tee, double elapsedMs);

    [LoggerMessage(3221, LogLevel.Warning, "Handshake {Attempt} of {Attempts} with {Kbs} failed: {Message}")]
    public static partial void HandshakeFailed(ILogger logger, int attempt, int attempts, Uri kbs, string message);

    [LoggerMessage(3222, LogLevel.Information, "{Kbs} no longer knows the session; attesting anew")]
    public static partial void SessionLost(ILogger logger, Uri kbs);
}
