using Casemate.Primitives.Sockets;
using Casemate.Quoting.Service;

namespace Casemate.Quoting.Aesm;

/// <summary>For a server whose host wants to know nothing.</summary>
internal sealed class NoEvents : IAesmServerEvents
{
    public static NoEvents Instance { get; } = new();

    public void Listening(string endpoint)
    {
    }

    public void SocketRestored(string endpoint)
    {
    }

    public void SocketLost(string endpoint, string problem)
    {
    }

    public void ConnectionRefused(string endpoint, PeerCredential credential, string limit)
    {
    }

    public void ConnectionDropped(string endpoint, PeerCredential credential, string reason)
    {
    }

    public void Answered(Peer peer, AesmMessageType type, AesmError error)
    {
    }

    public void Faulted(string endpoint, Exception exception)
    {
    }
}
