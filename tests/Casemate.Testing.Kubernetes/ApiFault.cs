namespace Casemate.Testing.Kubernetes;

/// <summary>The server refuses a request.</summary>
/// <param name="code">The HTTP status.</param>
/// <param name="reason">The reason of the <c>Status</c>.</param>
/// <param name="message">What it says.</param>
public sealed class ApiFault(int code, string reason, string message) : Exception(message)
{
    /// <summary>The HTTP status; 0 breaks the connection without an answer.</summary>
    public int Code { get; } = code;

    /// <summary>The reason of the <c>Status</c>.</summary>
    public string Reason { get; } = reason;

    /// <summary>Seconds of a <c>Retry-After</c>; null: none.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The request is done first: its answer is lost. Default false.</summary>
    public bool AfterWork { get; init; }

    /// <summary>What the <c>Status</c> names as causes: reason, field, message.</summary>
    public IReadOnlyList<(string Reason, string Field, string Message)> Causes { get; init; } = [];
}
