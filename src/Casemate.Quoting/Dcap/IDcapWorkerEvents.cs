namespace Casemate.Quoting.Dcap;

/// <summary>What happens to the worker process. Called from several threads; must not block, and must not throw.</summary>
public interface IDcapWorkerEvents
{
    /// <summary>A worker is running and has loaded the library.</summary>
    /// <param name="processId">Its process id.</param>
    /// <param name="library">The file that it loaded.</param>
    void Started(int processId, string library);

    /// <summary>A worker could not be started, or has ended or was ended without being told to.</summary>
    /// <param name="processId">Its process id; 0 when it could not be started.</param>
    /// <param name="reason">What happened, one sentence without its full stop.</param>
    /// <param name="restartAfter">How long no other is started; zero: the next request starts one.</param>
    void Failed(int processId, string reason, TimeSpan restartAfter);

    /// <summary>The library, or the runtime around it, wrote a line.</summary>
    /// <param name="processId">The worker's process id.</param>
    /// <param name="line">The line, at most 1,000 characters, without control characters.</param>
    void Wrote(int processId, string line);
}
