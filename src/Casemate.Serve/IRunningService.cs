namespace Casemate.Serve;

/// <summary>
/// A service that has been started. It installs no signal handlers: whoever started it also stops it, and disposes of it.
/// </summary>
public interface IRunningService : IAsyncDisposable
{
    /// <summary>Stops in good order: takes nothing new, and lets what is under way end for the time that its options give.</summary>
    /// <param name="cancellationToken">Ends that time at once, where a service can.</param>
    Task StopAsync(CancellationToken cancellationToken);
}
