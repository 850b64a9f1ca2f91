namespace Casemate.Kubernetes;

/// <summary>One attempt failed. Never leaves the transport.</summary>
internal sealed class RequestFailure(KubeException exception, bool repeatIsSafe) : Exception(exception.Message, exception)
{
    public KubeException Exception { get; } = exception;

    /// <summary>True when another attempt may succeed and cannot do the work twice.</summary>
    public bool RepeatIsSafe { get; } = repeatIsSafe;
}
