using System.Net.Sockets;

namespace Casemate.Testing;

/// <summary>Both ends of one Unix socket connection.</summary>
public sealed class SocketPair : IDisposable
{
    private SocketPair(NetworkStream ours, NetworkStream theirs) => (Ours, Theirs) = (ours, theirs);

    /// <summary>The end that the code under test is given.</summary>
    public NetworkStream Ours { get; }

    /// <summary>The end that the test plays.</summary>
    public NetworkStream Theirs { get; }

    /// <summary>Connects a pair.</summary>
    public static async Task<SocketPair> ConnectAsync()
    {
        using var directory = new TemporaryDirectory();
        var endpoint = new UnixDomainSocketEndPoint(directory.File("s"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(endpoint);
        listener.Listen(1);
        var ours = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await ours.ConnectAsync(endpoint);
        return new SocketPair(new NetworkStream(ours, ownsSocket: true), new NetworkStream(await listener.AcceptAsync(), ownsSocket: true));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Ours.Dispose();
        Theirs.Dispose();
    }
}
