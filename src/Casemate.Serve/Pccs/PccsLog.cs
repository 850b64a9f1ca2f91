using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Pccs;

/// <summary>
/// Log messages of the collateral service. Event ids 3500-3599; an id is never given a second meaning. No token, and of ids of machines
/// the first and last four characters at most.
/// </summary>
internal static partial class PccsLog
{
    [LoggerMessage(3500, LogLevel.Information, "Serving collateral on {Address}, mode {Mode}, store {Store}, upstreams {Upstreams}")]
    public static partial void Started(ILogger logger, string address, CollateralMode mode, string store, string upstreams);

    [LoggerMessage(3501, LogLevel.Information, "Stopping: requests under way have {Timeout} to end")]
    public static partial void Stopping(ILogger logger, TimeSpan timeout);

    [LoggerMessage(3502, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(
        3503, LogLevel.Error, "Refreshing ended: collateral is no longer kept fresh. Restart the service once the cause is gone")]
    public static partial void RefreshingEnded(ILogger logger, Exception exception);

    [LoggerMessage(
        3504, LogLevel.Warning, "A simulator is accepted, with {Count} of the roots: its collateral proves nothing about hardware")]
    public static partial void SimulatedRootsAccepted(ILogger logger, int count);

    [LoggerMessage(3510, LogLevel.Warning, "{Upstream} did not give {Key}: {Problem} ({ElapsedMs} ms)")]
    public static partial void UpstreamFailed(ILogger logger, string upstream, string key, string problem, double elapsedMs);

    [LoggerMessage(3511, LogLevel.Debug, "{Upstream} gave {Key} in {ElapsedMs} ms")]
    public static partial void UpstreamAnswered(ILogger logger, string upstream, string key, double elapsedMs);

    [LoggerMessage(3512, LogLevel.Error, "{Key} from {Source} cannot be verified and was dropped: {Problem}")]
    public static partial void NotVerifiable(ILogger logger, string key, string source, string problem);

    [LoggerMessage(3513, LogLevel.Information, "Stored {Key}")]
    public static partial void Stored(ILogger logger, string key);

    [LoggerMessage(3514, LogLevel.Error, "{Key} could not be stored and is kept in memory only: {Problem}")]
    public static partial void NotStored(ILogger logger, string key, string problem);

    [LoggerMessage(3515, LogLevel.Warning, "The stored {Key} is damaged and is fetched again: {Problem}")]
    public static partial void Damaged(ILogger logger, string key, string problem);

    [LoggerMessage(
        3516, LogLevel.Warning,
        "The stored {Key} is not used: it stands under {Root}, which is not accepted. If it should be, name its file with --roots, or with "
        + "--allow-simulated when it is a simulator's")]
    public static partial void UnderOtherRoot(ILogger logger, string key, string root);

    [LoggerMessage(3520, LogLevel.Information, "Platform {QeId} registered: PPID {EncryptedPpid}, manifest {Manifest}, result {Status}")]
    public static partial void PlatformRegistered(ILogger logger, string qeId, string encryptedPpid, string manifest, int status);

    [LoggerMessage(3521, LogLevel.Warning, "Intel did not register the platform {QeId} (manifest {Manifest}): {Problem}")]
    public static partial void PlatformNotRegistered(ILogger logger, string qeId, string manifest, string problem);

    [LoggerMessage(3522, LogLevel.Information, "An administrator took {Count} registrations ({State})")]
    public static partial void RegistrationsTaken(ILogger logger, int count, string state);

    [LoggerMessage(3523, LogLevel.Warning, "The registration {File} is damaged and is left alone: {Problem}")]
    public static partial void RegistrationDamaged(ILogger logger, string file, string problem);

    [LoggerMessage(3530, LogLevel.Warning, "A request to {Route} came without its token, or with a wrong one")]
    public static partial void TokenRefused(ILogger logger, PccsRoute route);

    [LoggerMessage(3531, LogLevel.Information, "An administrator's upload took {Entries} documents and {Platforms} platforms")]
    public static partial void Imported(ILogger logger, int entries, int platforms);

    [LoggerMessage(3532, LogLevel.Warning, "An administrator's upload was refused: {Problem}")]
    public static partial void ImportRefused(ILogger logger, string problem);

    [LoggerMessage(3534, LogLevel.Information, "Took {Entries} documents of {Bundle}; {Expired} were past their end and left out")]
    public static partial void TookBundle(ILogger logger, string bundle, int entries, int expired);

    [LoggerMessage(
        3535, LogLevel.Warning,
        "{Source} asked for certificates of too many machines that are not known here in one hour (one source may bring {Limit}): it is asked to "
            + "register them")]
    public static partial void TooManyNewMachines(ILogger logger, string source, int limit);

    [LoggerMessage(3533, LogLevel.Information, "An administrator's refresh looked at {Count} entries")]
    public static partial void Refreshed(ILogger logger, int count);

    [LoggerMessage(3540, LogLevel.Error, "A request to {Route} failed, request {RequestId}")]
    public static partial void RequestFailed(ILogger logger, PccsRoute route, string requestId, Exception exception);
}
