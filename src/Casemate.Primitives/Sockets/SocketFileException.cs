namespace Casemate.Primitives.Sockets;

/// <summary>A Unix socket cannot be listened on.</summary>
/// <param name="message">What is wrong, and with which socket.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="cause">What happened underneath; null when the message says it all.</param>
public sealed class SocketFileException(string message, string remedy, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>Whether another process listens there.</summary>
    public bool IsTaken { get; init; }
}
