using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Webhook;

/// <summary>Log messages of <c>casemate webhook</c>. Event ids 3850-3859; an id is never given a second meaning.</summary>
internal static partial class WebhookLog
{
    [LoggerMessage(3850, LogLevel.Information, "The webhook answers at {Address}")]
    public static partial void Listening(ILogger logger, Uri address);

    [LoggerMessage(3851, LogLevel.Information, "The webhook stops; requests under way have {Seconds} s")]
    public static partial void Stopping(ILogger logger, double seconds);

    [LoggerMessage(3852, LogLevel.Information, "The webhook has stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(3853, LogLevel.Error, "A review failed")]
    public static partial void ReviewFailed(ILogger logger, Exception exception);

    [LoggerMessage(3854, LogLevel.Warning, "Nothing is known of the cluster: requests keep their names unless --epc-resource is given")]
    public static partial void NoCluster(ILogger logger);
}
