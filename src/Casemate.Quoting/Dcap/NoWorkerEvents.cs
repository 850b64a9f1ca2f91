namespace Casemate.Quoting.Dcap;

/// <summary>For a provider whose host wants to know nothing.</summary>
internal sealed class NoWorkerEvents : IDcapWorkerEvents
{
    public static NoWorkerEvents Instance { get; } = new();

    public void Started(int processId, string library)
    {
    }

    public void Failed(int processId, string reason, TimeSpan restartAfter)
    {
    }

    public void Wrote(int processId, string line)
    {
    }
}
