namespace Casemate.Quoting.Qgs;

/// <summary>Tells nobody.</summary>
internal sealed class NoQgsEvents : IQgsServerEvents
{
    public static NoQgsEvents Instance { get; } = new();

    public void Answered(string peer, QgsMessageType type, QgsError error, Exception? failure)
    {
    }

    public void Worked(string peer, TimeSpan waited, TimeSpan worked, QgsError error)
    {
    }

    public void NotRecorded(string peer, Exception cause)
    {
    }

    public void SocketRestored(string path)
    {
    }

    public void SocketLost(string path, string problem)
    {
    }

    public void Dropped(string peer, string reason)
    {
    }
}
