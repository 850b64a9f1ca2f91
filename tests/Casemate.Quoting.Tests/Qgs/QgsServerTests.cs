using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Qgs;
using Casemate.Quoting.Service.Audit;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Qgs;

/// <summary>The requests are put together by hand, byte by byte, and not by the codec under test.</summary>
public sealed class QgsServerTests : IAsyncLifetime, IQgsServerEvents, IQuoteAudit
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly Provider _provider = new();
    private readonly ConcurrentQueue<string> _dropped = new();
    private readonly ConcurrentQueue<QuoteAuditRecord> _records = new();
    private readonly ConcurrentQueue<QgsError> _worked = new();
    private readonly ConcurrentQueue<string> _sockets = new();
    private readonly ConcurrentQueue<(QgsMessageType Type, QgsError Error, string? Why)> _answered = new();
    private Exception? _auditFault;
    private QgsServer _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string SocketPath => Path.Combine(_directory.Path, "qgs.socket");

    public ValueTask InitializeAsync()
    {
        _server = new QgsServer(_provider, new QgsServerOptions { MaximumConnections = 8 }, _time, this, this);
        _server.Listen(SocketPath);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task AnswersAFramedRequest()
    {
        var answer = await Exchange(Framed(QuoteRequest(Report())));
        Assert.Equal((uint)answer.Length - 4, BinaryPrimitives.ReadUInt32BigEndian(answer));
        var message = answer.AsSpan(4);
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(message));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(message[4..]));
        Assert.Equal((uint)message.Length, BinaryPrimitives.ReadUInt32LittleEndian(message[8..]));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(message[12..]));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(message[16..]));
        Assert.Equal((uint)Provider.Quote.Length, BinaryPrimitives.ReadUInt32LittleEndian(message[20..]));
        Assert.Equal(Provider.Quote, message[24..].ToArray());
    }

    [Fact]
    public async Task RecordsWhoGotAQuoteOfWhichTd()
    {
        await Exchange(Framed(QuoteRequest(Report())));

        var record = Assert.Single(_records);
        Assert.Equal((Casemate.Attestation.Tee.Tdx, AesmError.Success), (record.Tee, record.Result));
        Assert.Equal(Enumerable.Repeat((byte)0x7C, 48), record.MrTd.ToArray());
        Assert.Equal(Environment.ProcessId, record.Peer.Credential.ProcessId);
        Assert.True(record.MrEnclave.IsEmpty);
        Assert.Equal(QgsError.Success, Assert.Single(_worked));
    }

    [Fact]
    public async Task GivesOutNoQuote_ThatCannotBeRecorded()
    {
        _auditFault = new IOException("no space left");
        var answer = await Exchange(Framed(QuoteRequest(Report())));

        Assert.Equal(0x12001u, BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(4 + 12)));
        Assert.Equal(4 + 24, answer.Length);
    }

    [Fact]
    public async Task AnswersARawReport_WithTheBareQuote() => Assert.Equal(Provider.Quote, await Exchange(Report()));

    [Fact]
    public async Task KeepsWhatItHas_WhenARequestComesByteByByte()
    {
        using var socket = await Connect();
        foreach (var part in Framed(QuoteRequest(Report())))
        {
            await socket.SendAsync(new[] { part }, Ct);
        }

        Assert.Equal(Provider.Quote, (await ReadAll(socket))[28..]);
    }

    [Theory]
    [InlineData(0, (byte)2, QgsError.InvalidVersion)]
    [InlineData(4, (byte)1, QgsError.InvalidType)]
    [InlineData(4, (byte)9, QgsError.InvalidType)]
    [InlineData(8, (byte)9, QgsError.InvalidSize)]
    [InlineData(12, (byte)1, QgsError.InvalidCode)]
    [InlineData(16, (byte)1, QgsError.InvalidSize)]
    [InlineData(23, (byte)0xFF, QgsError.InvalidSize)]
    [InlineData(24, (byte)0, QgsError.InvalidParameter)]
    [InlineData(25, (byte)1, QgsError.InvalidParameter)]
    [InlineData(26, (byte)2, QgsError.InvalidParameter)]
    [InlineData(27, (byte)1, QgsError.InvalidParameter)]
    [InlineData(24 + 200, (byte)1, QgsError.InvalidParameter)]
    [InlineData(24 + 500, (byte)1, QgsError.InvalidParameter)]
    public async Task SaysExactlyWhatIsWrong(int offset, byte value, QgsError expected)
    {
        var request = QuoteRequest(Report());
        request[offset] = value;
        var answer = await Exchange(Framed(request));
        Assert.Equal(28, answer.Length);
        Assert.Equal((uint)expected, BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(16)));
        Assert.Equal(0, _provider.Calls);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(65537u)]
    [InlineData(0x00FFFFFFu)]
    [InlineData(0xFFFFFFFFu)]
    public async Task RefusesALengthThatCannotBe_WithoutWaitingForIt(uint length)
    {
        var start = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(start, length);
        var answer = await Exchange(start);
        Assert.Equal((uint)QgsError.InvalidSize, BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(16)));
    }

    [Fact]
    public async Task AnswersALengthThatCannotBe_AlsoToAPeerThatGoesOnSending_WithoutAReset()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Ct);
        var message = new byte[512 * 1024];                                // more than the kernel keeps for a reader
        BinaryPrimitives.WriteUInt32BigEndian(message, (uint)message.Length - 4);
        for (ReadOnlyMemory<byte> left = message; !left.IsEmpty;)
        {
            left = left[await socket.SendAsync(left, SocketFlags.None, Ct)..];
        }

        var answer = new byte[28];
        for (var filled = 0; filled < answer.Length;)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(filled), SocketFlags.None, Ct);
            Assert.NotEqual(0, read);
            filled += read;
        }

        Assert.Equal((uint)QgsError.InvalidSize, BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(16)));
        Assert.Equal(0, await socket.ReceiveAsync(answer, SocketFlags.None, Ct));
        Assert.Empty(_dropped);
    }

    [Fact]
    public async Task TellsABusyAndAFailingBackEndApart()
    {
        (Exception Thrown, QgsError Told)[] faults =
        [
            (new QuoteProviderException(AesmError.InvalidReport, "wrong MAC"), QgsError.InvalidParameter),
            (new QuoteProviderException(AesmError.BackendBusy, "busy"), QgsError.OutOfMemory),
            (new QuoteProviderException(AesmError.NoPlatformCertificate, "none"), QgsError.Unexpected),
            (new InvalidOperationException("bug"), QgsError.Unexpected),
        ];
        foreach (var (thrown, told) in faults)
        {
            _provider.Fault = thrown;
            var answer = await Exchange(Framed(QuoteRequest(Report())));
            Assert.Equal((uint)told, BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(16)));
        }

        _provider.Fault = null;
        Assert.Equal(Provider.Quote, await Exchange(Report()));
    }

    [Fact]
    public async Task EndsAConnection_AfterThirtySeconds()
    {
        using var socket = await Connect();
        await socket.SendAsync(new byte[] { 0, 0 }, Ct);
        await TaskPatience.UntilAsync(() => _server.ConnectionCount == 1);
        await TaskPatience.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(31));
            return !_dropped.IsEmpty;
        });
        Assert.Equal(["the connection took too long"], _dropped);
        Assert.Empty(await ReadAll(socket));
    }

    [Fact]
    public async Task AMachineThatHangsUp_GivesItsPlaceBack_WhileItWaitsForItsTurn()
    {
        var (asked, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        _provider.Before = async () =>
        {
            asked.TrySetResult();
            await finish.Task;
        };
        using var first = await Connect();
        await first.SendAsync(Framed(QuoteRequest(Report())), Ct);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        using (var second = await Connect())
        {
            await second.SendAsync(Framed(QuoteRequest(Report())), Ct);
            await TaskPatience.UntilAsync(() => _server.QueueDepth == 1);
        }

        _time.Advance(new QgsServerOptions().WatchInterval);
        await TaskPatience.UntilAsync(() => _server.QueueDepth == 0);
        await TaskPatience.UntilAsync(() => _dropped.Contains("the peer hung up before its answer was there"));
        finish.SetResult();
        Assert.Equal(Provider.Quote, (await ReadAll(first))[28..]);
        Assert.Equal(1, _provider.Calls);
    }

    [Fact]
    public async Task AMachineThatOnlySendsNoMore_GetsItsQuote()
    {
        var (asked, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        _provider.Before = async () =>
        {
            asked.TrySetResult();
            await finish.Task;
        };
        using var socket = await Connect();
        await socket.SendAsync(Report(), Ct);
        socket.Shutdown(SocketShutdown.Send);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        _time.Advance(new QgsServerOptions().WatchInterval);
        finish.SetResult();

        Assert.Equal(Provider.Quote, await ReadAll(socket));
    }

    [Fact]
    public async Task ASocketThatSomebodyDeletes_IsMadeAgain_WithItsDirectory()
    {
        using var before = await Connect();
        await TaskPatience.UntilAsync(() => _server.ConnectionCount == 1);
        foreach (var delete in new Action[] { () => File.Delete(SocketPath), () => Directory.Delete(_directory.Path, recursive: true) })
        {
            delete();
            _time.Advance(new QgsServerOptions().WatchInterval);
            Assert.Equal(Provider.Quote, await Exchange(Report()));
        }

        Assert.Equal(["restored " + SocketPath, "restored " + SocketPath], _sockets);
        await before.SendAsync(Report(), Ct);
        Assert.Equal(Provider.Quote, await ReadAll(before));
    }

    [Fact]
    public async Task ASocketThatAnotherProcessPutsThere_IsLeftToIt_AndToldOnce()
    {
        File.Delete(SocketPath);
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(SocketPath));
        other.Listen(1);
        _time.Advance(new QgsServerOptions().WatchInterval);
        _time.Advance(new QgsServerOptions().WatchInterval);

        Assert.Equal([$"lost {SocketPath}: another process has put its socket there"], _sockets);
    }

    [Fact]
    public async Task ServesOthers_AfterPeersThatHangUpHalfWay()
    {
        for (var i = 0; i < 20; i++)
        {
            using (var socket = await Connect())
            {
                await socket.SendAsync(Framed(QuoteRequest(Report())).AsMemory(0, 1 + (i * 50)), Ct);
            }

            // One after the other: together they would be more than the limit on connections.
            await TaskPatience.UntilAsync(() => _dropped.Count == i + 1);
        }

        await TaskPatience.UntilAsync(() => _dropped.Count == 20 && _server.ConnectionCount == 0);
        Assert.Equal(Provider.Quote, await Exchange(Report()));
    }

    [Fact]
    public async Task ClosesConnectionsBeyondTheLimit()
    {
        var open = new List<Socket>();
        for (var i = 0; i < 8; i++)
        {
            open.Add(await Connect());
        }

        await TaskPatience.UntilAsync(() => _server.ConnectionCount == 8);
        using (var refused = await Connect())
        {
            Assert.Empty(await ReadAll(refused));
        }

        Assert.Equal("MaximumConnections (8) is reached", Assert.Single(_dropped));
        open.ForEach(s => s.Dispose());
        await TaskPatience.UntilAsync(() => _server.ConnectionCount == 0);
        Assert.Equal(Provider.Quote, await Exchange(Report()));
    }

    [Fact]
    public async Task LeavesRoomForOthers_WhenOneMachineConnectsManyTimes()
    {
        await using var server = new QgsServer(
            _provider, new QgsServerOptions { MaximumConnections = 8, MaximumConnectionsPerPeer = 3 }, _time, this);
        var path = Path.Combine(_directory.Path, "other.socket");
        server.Listen(path);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < 4; i++)
            {
                sockets.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
                await sockets[i].ConnectAsync(new UnixDomainSocketEndPoint(path), Ct);
            }

            Assert.Equal(0, await sockets[3].ReceiveAsync(new byte[1], Ct));
            Assert.Equal(3, server.ConnectionCount);
            Assert.Equal("MaximumConnectionsPerPeer (3) is reached", Assert.Single(_dropped));
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task ADescriptorOfVsock_WorksAsAnOrdinarySocket()
    {
        var descriptor = VsockSocket(40, 1, 0);
        Assert.SkipWhen(descriptor < 0, "this kernel has no vsock");
        using var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));

        // The kernel's answer, not the base library's: the calls get through.
        var error = await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1], Ct));
        Assert.Equal(SocketError.NotConnected, error.SocketErrorCode);
    }

    [Fact]
    public async Task ServesVirtualMachines_ByVsock()
    {
        const uint port = 45_051;
        try
        {
            _server.ListenVsock(port);
        }
        catch (AesmEndpointException e)
        {
            Assert.Skip(e.Message);
        }

        // Python's standard library speaks vsock; context id 1 is this machine itself.
        var script = "import socket,sys\ns=socket.socket(socket.AF_VSOCK,socket.SOCK_STREAM)\n"
            + $"try: s.connect((1,{port}))\nexcept OSError as e: print('skip',e); sys.exit(0)\n"
            + $"s.sendall(bytes.fromhex('{Convert.ToHexString(Report())}'))\nprint(s.recv(65536).hex())\n";
        var result = await ChildProgram.RunAsync("python3", ["-c", script]);
        Assert.SkipWhen(result.Output.StartsWith("skip", StringComparison.Ordinal), "no vsock loopback: " + result.Output);
        Assert.Equal(Convert.ToHexStringLower(Provider.Quote), result.Output.Trim());
    }

    void IQgsServerEvents.Answered(string peer, QgsMessageType type, QgsError error, Exception? failure)
    {
        _answered.Enqueue((type, error, failure?.Message));
    }

    void IQgsServerEvents.Worked(string peer, TimeSpan waited, TimeSpan worked, QgsError error) => _worked.Enqueue(error);

    void IQgsServerEvents.NotRecorded(string peer, Exception cause) => Assert.Same(_auditFault, cause);

    ValueTask IQuoteAudit.RecordAsync(QuoteAuditRecord record, CancellationToken cancellationToken)
    {
        if (_auditFault is { } fault)
        {
            throw fault;
        }

        _records.Enqueue(record);
        return ValueTask.CompletedTask;
    }

    void IQgsServerEvents.SocketRestored(string path) => _sockets.Enqueue("restored " + path);

    void IQgsServerEvents.SocketLost(string path, string problem) => _sockets.Enqueue($"lost {path}: {problem}");

    void IQgsServerEvents.Dropped(string peer, string reason) => _dropped.Enqueue(reason);

    [DllImport("libc", EntryPoint = "socket")]
    private static extern int VsockSocket(int family, int type, int protocol);

    private static byte[] Report()
    {
        var report = new byte[1024];
        report[0] = 0x81;
        report.AsSpan(16, 176).Fill(0x5A);
        report.AsSpan(224, 271).Fill(0x6B);
        report.AsSpan(512).Fill(0x7C);
        return report;
    }

    private static byte[] QuoteRequest(byte[] report)
    {
        var message = new byte[24 + report.Length];
        message[0] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), report.Length);
        report.CopyTo(message, 24);
        return message;
    }

    private static byte[] Framed(byte[] message)
    {
        var frame = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        message.CopyTo(frame, 4);
        return frame;
    }

    private static async Task<byte[]> ReadAll(Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, Ct)) > 0)
            {
                all.Write(buffer, 0, read);
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset)
        {
            // A server that closes before it has read everything resets: an end like any other.
            return all.ToArray();
        }

        return all.ToArray();
    }

    private async Task<Socket> Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Ct);
        return socket;
    }

    private async Task<byte[]> Exchange(byte[] request)
    {
        using var socket = await Connect();
        await socket.SendAsync(request, Ct);
        return await ReadAll(socket);
    }

    private sealed class Provider : ITdQuoteProvider
    {
        private int _calls;

        public static byte[] Quote { get; } = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];

        public Exception? Fault { get; set; }

        public Func<Task>? Before { get; set; }

        public int Calls => _calls;

        public string Name => "test";

        public bool Simulated => true;

        public int MaximumConcurrency => 1;

        public async ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> tdReport, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            await (Before?.Invoke() ?? Task.CompletedTask);
            return Fault is null ? Quote : throw Fault;
        }
    }
}
