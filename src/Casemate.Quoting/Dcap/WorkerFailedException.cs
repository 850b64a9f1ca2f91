namespace Casemate.Quoting.Dcap;

/// <summary>A worker is of no use any more, or there is none.</summary>
/// <param name="code">What the client is told.</param>
/// <param name="reason">What happened, without a full stop.</param>
/// <param name="cause">What happened underneath.</param>
internal sealed class WorkerFailedException(AesmError code, string reason, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>What the client is told.</summary>
    public AesmError Code { get; } = code;
}
