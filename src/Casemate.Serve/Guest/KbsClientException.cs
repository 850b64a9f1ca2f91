namespace Casemate.Serve.Guest;

/// <summary>A key broker service did not give what was asked.</summary>
/// <param name="error">Why.</param>
/// <param name="message">One sentence for the person who runs the workload; carries the broker's own words, never a secret.</param>
/// <param name="cause">What happened underneath; null when the message says it all.</param>
public sealed class KbsClientException(KbsClientError error, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Why.</summary>
    public KbsClientError Error { get; } = error;

    /// <summary>True when the same request may succeed later.</summary>
    public bool IsTransient => Error is KbsClientError.Unreachable or KbsClientError.Unavailable or KbsClientError.Unauthorized;

    /// <summary>How long the broker asks to wait before the next request; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
