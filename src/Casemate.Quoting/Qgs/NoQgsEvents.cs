namespace Casemate.Quoting.Qgs;

/// <summary>Tells nobody.</summary>
internal sealed class NoQgsEvents : IQgsServerEvents
{
    public static NoQgsEvents Instance { get; } = new();

    public void Answered(string peer, QgsError error, Exception? failure)
    {
    }

    public void Dropped(string peer, string reason)
    {
    }
}
