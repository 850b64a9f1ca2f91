using Microsoft.Extensions.Logging;

namespace Casemate.Serve;

/// <summary>Log messages of the HTTP services. Event ids 3100-3199; an id is never given a second meaning.</summary>
internal static partial class ServeLog
{
    [LoggerMessage(3100, LogLevel.Information, "Serving on {Address}, state in {StateDirectory}, policy {Policy} ({PolicyHash})")]
    public static partial void Started(ILogger logger, Uri address, string stateDirectory, string policy, string policyHash);

    [LoggerMessage(3101, LogLevel.Information, "Stopping: requests under way have {Timeout} to end")]
    public static partial void Stopping(ILogger logger, TimeSpan timeout);

    [LoggerMessage(3102, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(3110, LogLevel.Information, "Made a TLS certificate {Path}, valid until {Until}; clients trust it by this file")]
    public static partial void CertificateMade(ILogger logger, string path, string until);

    [LoggerMessage(3111, LogLevel.Information, "Read the changed TLS certificate {Path}, valid until {Until}")]
    public static partial void CertificateReloaded(ILogger logger, string path, string until);

    [LoggerMessage(3112, LogLevel.Error, "The TLS certificate {Path} could not be refreshed; the old one is used until it ends")]
    public static partial void CertificateNotRefreshed(ILogger logger, string path, Exception exception);

    [LoggerMessage(3113, LogLevel.Warning, "The TLS certificate {Path} cannot be used and is replaced")]
    public static partial void OwnCertificateUnusable(ILogger logger, string path, Exception exception);

    [LoggerMessage(3120, LogLevel.Warning, "{Path} can be read by others than its owner: chmod 600 it")]
    public static partial void FileNotPrivate(ILogger logger, string path);

    [LoggerMessage(
        3121, LogLevel.Warning,
        "AcceptSampleEvidence is set: whoever reaches this service gets every resource that the policy grants")]
    public static partial void SampleEvidenceAccepted(ILogger logger);

    [LoggerMessage(3122, LogLevel.Warning, "Policy {Policy} sets acceptAnyIdentity: whatever runs on accepted hardware gets its resources")]
    public static partial void AnyIdentityAccepted(ILogger logger, string policy);

    [LoggerMessage(
        3123, LogLevel.Warning,
        "Simulated hardware is accepted under {Count} roots: its evidence proves nothing about hardware")]
    public static partial void SimulatedRootsAccepted(ILogger logger, int count);

    [LoggerMessage(
        3124, LogLevel.Warning,
        "Policy {Policy} names no measurement that a workload could have: every workload is refused. Name one in the policy (--policy)")]
    public static partial void NobodyAdmitted(ILogger logger, string policy);

    [LoggerMessage(3130, LogLevel.Warning, "An administrator's request to {Route} came without the admin token, or with a wrong one")]
    public static partial void AdminRefused(ILogger logger, HttpRoute route);

    [LoggerMessage(3140, LogLevel.Error, "A request to {Route} failed")]
    public static partial void RequestFailed(ILogger logger, HttpRoute route, Exception exception);

    [LoggerMessage(3150, LogLevel.Information, "Health and metrics on {Endpoint}")]
    public static partial void HealthListening(ILogger logger, string endpoint);

    [LoggerMessage(3151, LogLevel.Error, "A request for health or metrics failed")]
    public static partial void HealthFailed(ILogger logger, Exception exception);
}
