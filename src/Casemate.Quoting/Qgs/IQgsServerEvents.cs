namespace Casemate.Quoting.Qgs;

/// <summary>What a server tells its host. Called from many threads at once; must not block, and must not throw.</summary>
public interface IQgsServerEvents
{
    /// <summary>A request was answered.</summary>
    /// <param name="peer">The context id of a virtual machine (<c>vsock:3</c>), or the socket.</param>
    /// <param name="type">What was asked: the request's type.</param>
    /// <param name="error">What was answered.</param>
    /// <param name="failure">What the back end or the source of collateral said; null when it was not asked or had what was wanted.</param>
    void Answered(string peer, QgsMessageType type, QgsError error, Exception? failure);

    /// <summary>The back end came back from a request for a quote.</summary>
    /// <param name="peer">Who asked.</param>
    /// <param name="waited">Time in the queue.</param>
    /// <param name="worked">Time in the back end.</param>
    /// <param name="error">How it ended.</param>
    void Worked(string peer, TimeSpan waited, TimeSpan worked, QgsError error);

    /// <summary>A quote could not be recorded, and is not given out for that.</summary>
    /// <param name="peer">Who asked.</param>
    /// <param name="cause">Why.</param>
    void NotRecorded(string peer, Exception cause);

    /// <summary>The file of a socket had vanished and was made again.</summary>
    /// <param name="path">Its path.</param>
    void SocketRestored(string path);

    /// <summary>A socket's path no longer leads here, or its file cannot be made again. Reported once until that changes.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="problem">What is wrong with it.</param>
    void SocketLost(string path, string problem);

    /// <summary>A connection was closed without an answer.</summary>
    /// <param name="peer">Who connected.</param>
    /// <param name="reason">Why.</param>
    void Dropped(string peer, string reason);
}
