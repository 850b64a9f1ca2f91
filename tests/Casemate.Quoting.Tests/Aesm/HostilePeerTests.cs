using System.Diagnostics;
using Casemate.Primitives.Sockets;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using static Casemate.Quoting.Tests.Aesm.RawClient;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>Peers that break the protocol, are slow, or are many: each loses its connection, and nobody else notices.</summary>
public sealed class HostilePeerTests
{
    private static readonly byte[] s_good = Frame(21);

    public static TheoryData<string, byte[]> BadFrames => new()
    {
        { "zero length", Length(0) },
        { "one more than the limit", Length((64 * 1024) + 1) },
        { "a gigabyte", Length(1 << 30) },
        { "the largest length", [0xFF, 0xFF, 0xFF, 0xFF] },
        { "a message's length behind the end", [.. Length(2), (21 << 3 | 2) & 0x7F | 0x80, 1] },
        { "a message as a number", [.. Length(3), 0xA8, 0x01, 0x05] },
        { "a message twice", [.. Length(6), .. Frame(21)[4..], .. Frame(21)[4..]] },
        { "a group", [.. Length(2), 0x33, 0x34] },
        { "field number zero", [.. Length(2), 0x02, 0x00] },
        { "wire type 7", [.. Length(1), 0x0F] },
        { "a tag without end", [.. Length(11), .. Enumerable.Repeat((byte)0xFF, 11)] },
        { "a cut number", Frame(21, 0x48, 0x80) },
        { "a number of 11 bytes", Frame(21, [0x48, .. Enumerable.Repeat((byte)0x80, 10), 0x01]) },
        { "a number wider than 64 bits", Frame(21, [0x48, .. Enumerable.Repeat((byte)0xFF, 9), 0x02]) },
        { "a number wider than 32 bits", Frame(21, [0x48, .. Varint(1UL << 32)]) },
        { "a field twice", Frame(21, [.. Field(9, 1), .. Field(9, 1)]) },
        { "a number as bytes", Frame(21, Field(9, new byte[4])) },
        { "bytes as a number", Frame(16, Field(1, 5)) },
        { "bytes longer than the message", Frame(16, 0x0A, 0xFF, 0xFF, 0x03) },
        { "bytes longer than any", Frame(16, [0x0A, .. Varint(ulong.MaxValue)]) },
        { "a required field left out", Frame(17, Field(1, new byte[432])) },
        { "a group within", Frame(21, 0x53, 0x54) },
        { "a cut fixed64 within", Frame(21, 0x51, 1, 2, 3) },
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task ABadFrame_EndsTheConnection_WithoutAnAnswer(string what, byte[] frame)
    {
        await using var server = new TestServer();
        using var client = server.Connect();

        Assert.Null(await client.ExchangeAsync(frame));
        var dropped = await server.Events.WaitAsync("dropped");
        Assert.True(dropped.Length > "dropped: ".Length, what);
        await AssertServesAsync(server);
    }

    [Fact]
    public async Task ABodyOfExactlyTheLimit_IsRead()
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        byte[] body = [.. Frame(21)[4..], .. Field(100, new byte[(64 * 1024) - 3 - 5])];
        Assert.Equal(64 * 1024, body.Length);
        Assert.Equal(Frame(21, [.. Field(1, 0), .. Field(2, 1)])[4..], await client.ExchangeAsync([.. Length(body.Length), .. body]));
    }

    [Fact]
    public async Task ASlowHeader_IsCutOffAfterTheReadTimeout()
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        await client.SendAsync(s_good[..2]);
        await server.WaitUntilAwaitedAsync("length of a request");

        server.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, server.Server.ConnectionCount);
        server.Clock.Advance(TimeSpan.FromSeconds(1.5));

        Assert.Null(await client.ReceiveAsync());
        Assert.Equal("dropped: the length of a request did not come in time", await server.Events.WaitAsync("dropped"));
    }

    [Fact]
    public async Task ASlowBody_IsCutOff_HoweverManyBytesTrickleIn()
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        await client.SendAsync([.. Length(1000), 1]);
        await server.WaitUntilAwaitedAsync("body of a request");
        for (var i = 0; i < 4; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            await client.SendAsync(1);
        }

        server.Clock.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Null(await client.ReceiveAsync());
        Assert.Equal("dropped: the body of a request did not come in time", await server.Events.WaitAsync("dropped"));
    }

    [Fact]
    public async Task ASilentConnection_IsClosedAfterTheIdleTimeout()
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        Assert.NotNull(await client.ExchangeAsync(s_good));
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task APeerThatReadsNoAnswer_IsCutOff()
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        var target = await server.Client.InitialiseAsync(AttestationKeyId.IntelQe3, TestContext.Current.CancellationToken);
        Assert.Equal(512, target.Length);

        // Requests are small and answers large: with nobody reading, the socket is full of answers soon.
        var request = Frame(
            17, [.. Field(1, TestServer.Report), .. Field(2, AttestationKeyId.IntelQe3.Bytes.Span), .. Field(4, 8192)]);
        var sending = SendForEverAsync(client, request);
        var patience = Stopwatch.StartNew();
        while (server.Server.Connections.Snapshot() is [var connection, ..])
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), "the connection is still there");

            // The clock moves only where an answer waits, so that it is no request that is late.
            if (connection.Awaited == "reading of an answer")
            {
                server.Clock.Advance(TimeSpan.FromSeconds(1));
            }

            await Task.Yield();
        }

        await sending;
        Assert.Equal("dropped: the reading of an answer did not come in time", await server.Events.WaitAsync("dropped: the reading"));
    }

    [Fact]
    public async Task AHalfClosedPeer_GetsItsAnswer()
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        await client.SendAsync(s_good);
        client.EndSending();

        Assert.NotNull(await client.ReceiveAsync());
        Assert.Null(await client.ReceiveAsync());
        Assert.DoesNotContain(server.Events.Lines, line => line.StartsWith("dropped", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task APeerThatEndsWithinARequest_IsDropped(int bytes)
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        await client.SendAsync(s_good[..bytes]);
        client.EndSending();

        Assert.Null(await client.ReceiveAsync());
        Assert.StartsWith("dropped: the connection ended within", await server.Events.WaitAsync("dropped"));
    }

    [Fact]
    public async Task RequestsInOneWrite_AreAnsweredInOrder()
    {
        await using var server = new TestServer();
        using var client = server.Connect();
        await client.SendAsync([.. Frame(21), .. Frame(1), .. Frame(22, Field(1, 256)), .. Frame(21)[..3]]);
        foreach (var first in (byte[])[0xAA, 0x0A, 0xB2])
        {
            Assert.Equal(first, (await client.ReceiveAsync())![0]);
        }

        await client.SendAsync(Frame(21)[3..]);
        Assert.NotNull(await client.ReceiveAsync());
    }

    [Fact]
    public async Task ThousandsOfIdleConnections_AreBounded_AndLockNobodyOut()
    {
        await using var server = new TestServer(new AesmServerOptions { MaximumConnectionsPerProcess = 100 });
        var idle = new List<RawClient>();
        try
        {
            for (var i = 0; i < 2000; i++)
            {
                idle.Add(server.Connect());
                if (i % 100 == 0)
                {
                    await AssertServesAsync(server);
                }
            }

            await AssertServesAsync(server);
            Assert.InRange(server.Server.ConnectionCount, 1, 100);
            Assert.Null(await idle[0].ReceiveAsync());
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
    }

    [Theory]
    [InlineData(nameof(AesmServerOptions.MaximumConnections))]
    [InlineData(nameof(AesmServerOptions.MaximumConnectionsPerUser))]
    [InlineData(nameof(AesmServerOptions.MaximumConnectionsPerProcess))]
    public async Task ConnectionsThatSendTheirRequestsSlowly_LockNobodyOut(string limit)
    {
        var options = limit switch
        {
            nameof(AesmServerOptions.MaximumConnections) => new AesmServerOptions { MaximumConnections = 8 },
            nameof(AesmServerOptions.MaximumConnectionsPerUser) => new AesmServerOptions { MaximumConnectionsPerUser = 8 },
            _ => new AesmServerOptions { MaximumConnectionsPerProcess = 8 },
        };
        await using var server = new TestServer(options);
        var slow = new List<RawClient>();
        try
        {
            for (var i = 0; i < 8; i++)
            {
                slow.Add(server.Connect());
                await slow[i].SendAsync(i % 2 == 0 ? s_good[..2] : [.. Length(1000), 1]);
            }

            while (server.Server.Connections.Snapshot() is var all
                && (all.Length < 8 || all.Any(c => c.Awaited is not ("length of a request" or "body of a request"))))
            {
                await Task.Yield();
            }

            await AssertServesAsync(server);
            Assert.Equal($"dropped: {AesmConnection.GaveWay}", await server.Events.WaitAsync("dropped"));
        }
        finally
        {
            slow.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task APodWhoseConnectionsAllWork_LocksOutNoOtherPodOfItsUser()
    {
        var peers = new PodsInOrder("greedy", "greedy", "greedy", "other");
        await using var server = new TestServer(
            new AesmServerOptions { MaximumConnectionsPerUser = 2, MaximumConnectionsPerPod = 2 }, peers: peers);
        var release = new TaskCompletionSource();
        var started = new SemaphoreSlim(0);
        server.Service.Target = new QuotingTarget(new byte[512], new byte[32], 100);
        server.Service.BeforeQuote = _ =>
        {
            started.Release();
            return release.Task;
        };
        var quote = Frame(17, [.. Field(1, TestServer.Report), .. Field(2, AttestationKeyId.IntelQe3.Bytes.Span), .. Field(4, 8192)]);
        using var first = server.Connect();
        using var second = server.Connect();
        foreach (var working in (RawClient[])[first, second])
        {
            await working.SendAsync(quote);
            Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }

        using var third = server.Connect();
        var refused = await third.ExchangeAsync(s_good);
        using var other = server.Connect();
        var answered = await other.ExchangeAsync(s_good);
        release.SetResult();

        Assert.Equal(Frame(21, Field(1, (ulong)AesmError.Busy))[4..], refused);
        Assert.Equal("refused: MaximumConnectionsPerPod", await server.Events.WaitAsync("refused"));
        Assert.Equal(Frame(21, [.. Field(1, 0), .. Field(2, 1)])[4..], answered);
        Assert.NotNull(await first.ReceiveAsync());
        Assert.NotNull(await second.ReceiveAsync());
    }

    [Theory]
    [InlineData(nameof(AesmServerOptions.MaximumConnections))]
    [InlineData(nameof(AesmServerOptions.MaximumConnectionsPerUser))]
    [InlineData(nameof(AesmServerOptions.MaximumConnectionsPerProcess))]
    public async Task WhereAllConnectionsWork_ANewOneIsRefused(string limit)
    {
        var options = limit switch
        {
            nameof(AesmServerOptions.MaximumConnections) => new AesmServerOptions { MaximumConnections = 1 },
            nameof(AesmServerOptions.MaximumConnectionsPerUser) => new AesmServerOptions { MaximumConnectionsPerUser = 1 },
            _ => new AesmServerOptions { MaximumConnectionsPerProcess = 1 },
        };
        await using var server = new TestServer(options);
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        server.Service.Target = new QuotingTarget(new byte[512], new byte[32], 100);
        server.Service.BeforeQuote = _ =>
        {
            started.TrySetResult();
            return release.Task;
        };
        using var working = server.Connect();
        await working.SendAsync(
            Frame(17, [.. Field(1, TestServer.Report), .. Field(2, AttestationKeyId.IntelQe3.Bytes.Span), .. Field(4, 8192)]));
        await started.Task;

        using var refused = server.Connect();
        Assert.Null(await refused.ReceiveAsync());
        Assert.Equal($"refused: {limit}", await server.Events.WaitAsync("refused"));

        release.SetResult();
        Assert.NotNull(await working.ReceiveAsync());
    }

    [Fact]
    public async Task WherePodsHoldTheWholeTable_TheGreediestGivesWay()
    {
        var peers = new PodsInOrder("greedy", "greedy", "greedy", "modest", "new");
        await using var server = new TestServer(new AesmServerOptions { MaximumConnections = 4 }, peers: peers);
        var release = new TaskCompletionSource();
        var started = new SemaphoreSlim(0);
        server.Service.Target = new QuotingTarget(new byte[512], new byte[32], 100);
        server.Service.BeforeQuote = _ =>
        {
            started.Release();
            return release.Task;
        };
        var quote = Frame(17, [.. Field(1, TestServer.Report), .. Field(2, AttestationKeyId.IntelQe3.Bytes.Span), .. Field(4, 8192)]);
        var working = new List<RawClient>();
        try
        {
            for (var i = 0; i < 4; i++)
            {
                working.Add(server.Connect());
                await working[i].SendAsync(quote);
                Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            }

            using var late = server.Connect();
            var answered = await late.ExchangeAsync(s_good);
            release.SetResult();

            Assert.Equal(Frame(21, [.. Field(1, 0), .. Field(2, 1)])[4..], answered);
            Assert.NotNull(await working[3].ReceiveAsync());
            Assert.Equal($"dropped: {AesmConnection.GaveWay}", await server.Events.WaitAsync("dropped"));
        }
        finally
        {
            working.ForEach(client => client.Dispose());
        }
    }

    private static async Task SendForEverAsync(RawClient client, byte[] request)
    {
        try
        {
            while (true)
            {
                await client.SendAsync(request);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The server has cut the connection: what the test waits for.
        }
    }

    private static async Task AssertServesAsync(TestServer server) =>
        Assert.Equal(1u, await server.Client.GetKeyIdCountAsync(TestContext.Current.CancellationToken));

    /// <summary>Each connection that asks is of the next pod.</summary>
    private sealed class PodsInOrder(params string[] pods) : IPeerResolver
    {
        private int _next = -1;

        public ValueTask<Peer> ResolveAsync(PeerCredential credential, string endpoint, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new Peer(credential, endpoint) { PodUid = pods[Interlocked.Increment(ref _next)] });
    }
}
