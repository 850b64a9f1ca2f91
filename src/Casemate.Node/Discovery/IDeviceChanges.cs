namespace Casemate.Node.Discovery;

/// <summary>Tells that device nodes came or went.</summary>
public interface IDeviceChanges : IDisposable
{
    /// <summary>Completes at the next change, or at once when there was one since the last call.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    Task WaitAsync(CancellationToken cancellationToken);
}
