using System.Net.Sockets;
using Casemate.Primitives.Sockets;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Sockets;

/// <summary>A client's connection to a Unix socket.</summary>
public sealed class UnixSocketStreamTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private string SocketPath => _directory.File("s.sock");

    public void Dispose()
    {
        _listener.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Carries_BytesBothWays_AndEndsWithTheStream()
    {
        Listen();
        using var client = await UnixSocketStream.ConnectAsync(SocketPath, TestContext.Current.CancellationToken);
        using var server = new NetworkStream(await _listener.AcceptAsync(TestContext.Current.CancellationToken), ownsSocket: true);

        await client.WriteAsync(new byte[] { 1 }, TestContext.Current.CancellationToken);
        Assert.Equal(1, server.ReadByte());
        await server.WriteAsync(new byte[] { 2 }, TestContext.Current.CancellationToken);
        Assert.Equal(2, client.ReadByte());

        client.Dispose();
        Assert.Equal(-1, server.ReadByte());
    }

    [Fact]
    public async Task SaysThatThereIsNoSocket()
    {
        var failure = await Assert.ThrowsAnyAsync<SocketException>(
            () => UnixSocketStream.ConnectAsync(SocketPath, TestContext.Current.CancellationToken).AsTask());

        Assert.Equal((SocketError.AddressNotAvailable, "there is no such socket"), (failure.SocketErrorCode, failure.Message));
    }

    [Fact]
    public async Task Throws_WhenNobodyListens()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));

        var failure = await Assert.ThrowsAnyAsync<SocketException>(
            () => UnixSocketStream.ConnectAsync(SocketPath, TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
    }

    [Fact]
    public async Task Throws_WhenItIsGivenUp()
    {
        Listen();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => UnixSocketStream.ConnectAsync(SocketPath, new CancellationToken(canceled: true)).AsTask());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(109)]
    public async Task Refuses_APath_ThatNoSocketHas(int length)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => UnixSocketStream.ConnectAsync(new string('s', length), TestContext.Current.CancellationToken).AsTask());
    }

    private void Listen()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen();
    }
}
