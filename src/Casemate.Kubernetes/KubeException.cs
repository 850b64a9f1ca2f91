namespace Casemate.Kubernetes;

/// <summary>The API server refused a request, answered what cannot be read, or could not be reached.</summary>
public sealed class KubeException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">One sentence; never holds a token.</param>
    /// <param name="statusCode">The HTTP status; 0 when there was no usable answer.</param>
    /// <param name="reason">The reason of the answer's <c>Status</c>, such as <c>NotFound</c>; empty when it gave none.</param>
    /// <param name="retryAfter">How long the server asked to wait; null when it did not.</param>
    /// <param name="mayRetry">True when the same request may succeed later without anybody changing anything.</param>
    /// <param name="innerException">The cause.</param>
    public KubeException(
        string message, int statusCode = 0, string reason = "", TimeSpan? retryAfter = null, bool mayRetry = false,
        Exception? innerException = null)
        : base(message, innerException) =>
        (StatusCode, Reason, RetryAfter, MayRetry) = (statusCode, reason, retryAfter, mayRetry);

    /// <summary>The HTTP status; 0 when there was no usable answer.</summary>
    public int StatusCode { get; }

    /// <summary>The reason of the answer's <c>Status</c>; empty when it gave none.</summary>
    public string Reason { get; }

    /// <summary>How long the server asked to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>True when the same request may succeed later.</summary>
    public bool MayRetry { get; }

    /// <summary>What the answer's <c>details.causes</c> name, at most 100; empty when it named none.</summary>
    public IReadOnlyList<KubeCause> Causes { get; init; } = [];

    /// <summary>
    /// Of a refused apply: the fields that other managers own. Source: Kubernetes documentation, "Server-Side Apply", conflicts.
    /// </summary>
    public IReadOnlyList<KubeFieldConflict> Conflicts =>
        [.. Causes.Where(cause => cause.Reason == "FieldManagerConflict").Select(KubeFieldConflict.Of)];

    /// <summary>There is no such object (or no such kind).</summary>
    public bool IsNotFound => StatusCode == 404;

    /// <summary>An object of that name is there already.</summary>
    public bool IsAlreadyExists => StatusCode == 409 && Reason == "AlreadyExists";

    /// <summary>The object has changed since it was read, or another manager owns an applied field.</summary>
    public bool IsConflict => StatusCode == 409 && Reason != "AlreadyExists";

    /// <summary>The resource version or the continue token is too old: list again.</summary>
    public bool IsGone => StatusCode == 410;

    /// <summary>The credentials do not allow it.</summary>
    public bool IsForbidden => StatusCode is 401 or 403;

    /// <summary>Nobody was asked: the object has a name, or a namespace, that none can have.</summary>
    public bool IsNameless => Reason == NamelessReason;

    internal const string NamelessReason = "InvalidName";

    /// <summary>The object, or the patch's outcome, is not valid; of a JSON patch also: a <c>test</c> did not hold.</summary>
    public bool IsInvalid => StatusCode == 422;
}
