namespace Casemate.Quoting.Qgs;

/// <summary>What a server tells its host. Called from many threads at once; must not block, and must not throw.</summary>
public interface IQgsServerEvents
{
    /// <summary>A request was answered.</summary>
    /// <param name="peer">The context id of a virtual machine (<c>vsock:3</c>), or the socket.</param>
    /// <param name="error">What was answered.</param>
    /// <param name="failure">What the back end said; null when it was not asked or made the quote.</param>
    void Answered(string peer, QgsError error, Exception? failure);

    /// <summary>A connection was closed without an answer.</summary>
    /// <param name="peer">Who connected.</param>
    /// <param name="reason">Why.</param>
    void Dropped(string peer, string reason);
}
