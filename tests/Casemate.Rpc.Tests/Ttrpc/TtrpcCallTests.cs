using Casemate.Rpc.Nri;
using Casemate.Rpc.Ttrpc;
using Casemate.Testing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Rpc.Tests.Ttrpc;

/// <summary>Calls of ttrpc, with a client and a server of ours, and with a peer that a test plays byte by byte.</summary>
public sealed class TtrpcCallTests : IAsyncLifetime
{
    private const string Method = "/a.Service/Do";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));
    private SocketPair _pair = null!;

    public async ValueTask InitializeAsync() => _pair = await SocketPair.ConnectAsync();

    public ValueTask DisposeAsync()
    {
        _pair.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Carries_RequestAndAnswer()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        var running = client.RunAsync(CancellationToken.None);
        _ = Server((request, _) => ValueTask.FromResult(new ConfigureResponse { Events = request.Config.Length }));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.CallAsync(
            Method, new ConfigureRequest { Config = new string('x', i * 100_000) }, ConfigureResponse.Parser, Patience, CancellationToken.None)));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * 100_000), answers.Select(answer => answer.Events));
        _pair.Theirs.Dispose();
        await running;
    }

    [Fact]
    public async Task Carries_Errors()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        _ = client.RunAsync(CancellationToken.None);
        _ = Server((_, _) => throw new RpcException(RpcStatus.FailedPrecondition, "Not now."));

        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(client));

        Assert.Equal((RpcStatus.FailedPrecondition, "Not now."), (error.Status, error.Detail));
    }

    [Fact]
    public async Task TellsNothing_OfAHandlerThatFails()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        _ = client.RunAsync(CancellationToken.None);
        _ = Server((_, _) => throw new InvalidOperationException("secret"));

        var error = await Assert.ThrowsAsync<RpcException>(() => CallAsync(client));

        Assert.Equal(RpcStatus.Internal, error.Status);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fails_ForMethodsThatAreNotThere()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        _ = client.RunAsync(CancellationToken.None);
        _ = Server((_, _) => ValueTask.FromResult(new ConfigureResponse()));

        var error = await Assert.ThrowsAsync<RpcException>(() => client.CallAsync(
            "/a.Service/Undo", new ConfigureRequest(), ConfigureResponse.Parser, Patience, CancellationToken.None));

        Assert.Equal(RpcStatus.Unimplemented, error.Status);
    }

    [Fact]
    public async Task TellsTheServer_HowLongTheClientWaits()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        _ = client.RunAsync(CancellationToken.None);
        var asked = new TaskCompletionSource();
        _ = Server(async (_, cancellationToken) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return new ConfigureResponse();
        }, _time);
        var call = CallAsync(client);
        await asked.Task;

        _time.Advance(Patience);

        Assert.Equal(RpcStatus.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).Status);
    }

    [Fact]
    public async Task AStoppingServer_AnswersWhatIsUnderWay_AndNothingAfterIt()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        _ = client.RunAsync(CancellationToken.None);
        using var stopping = new CancellationTokenSource();
        var (asked, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        var calls = 0;
        var server = Server(async (_, _) =>
        {
            calls++;
            asked.SetResult();
            await answered.Task;
            return new ConfigureResponse { Events = 7 };
        }, stopping: stopping.Token);
        var first = CallAsync(client);
        await asked.Task;
        await stopping.CancelAsync();
        var second = CallAsync(client);

        Assert.False(server.IsCompleted);
        answered.SetResult();

        Assert.Equal(7, (await first.SoonAsync()).Events);
        await server.SoonAsync();
        _pair.Theirs.Dispose();
        await Assert.ThrowsAsync<RpcException>(() => second.SoonAsync());
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task AServerThatStops_WhileNothingIsUnderWay_Ends()
    {
        using var stopping = new CancellationTokenSource();
        var server = Server((_, _) => ValueTask.FromResult(new ConfigureResponse()), stopping: stopping.Token);

        await stopping.CancelAsync();

        await server.SoonAsync();
    }

    [Fact]
    public async Task GivesUp_WhenThePeerDoesNotAnswer()
    {
        using var client = new TtrpcClient(_pair.Ours, _time);
        _ = client.RunAsync(CancellationToken.None);
        var call = CallAsync(client);

        while (!call.IsCompleted)                                          // whenever its timer is there
        {
            _time.Advance(Patience);
            await Task.WhenAny(call, Task.Delay(10));
        }

        Assert.Equal(RpcStatus.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).Status);
    }

    [Fact]
    public async Task Fails_WhenThePeerGoes()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        var running = client.RunAsync(CancellationToken.None);
        var call = CallAsync(client);
        await _pair.Theirs.ReadExactlyAsync(new byte[TtrpcFrame.HeaderSize]);

        _pair.Theirs.Dispose();

        Assert.Equal(RpcStatus.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).Status);
        await Task.WhenAny(running);
        Assert.Equal(RpcStatus.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => CallAsync(client))).Status);
    }

    [Fact]
    public async Task PassesOver_AnswersThatNobodyWaitsFor()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        _ = client.RunAsync(CancellationToken.None);
        var call = CallAsync(client);
        await SendAsync(99, TtrpcFrame.Response, [0xFF]);                  // of no call: not even read
        await SendAsync(1, 77, [1, 2, 3]);                                 // of no type
        await SendAsync(1, TtrpcFrame.Response, new TtrpcResponse { Payload = new ConfigureResponse { Events = 5 }.ToByteString() }.ToByteArray());

        Assert.Equal(5, (await call).Events);
    }

    [Fact]
    public async Task Ends_WhenAnAnswerIsNone()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        var running = client.RunAsync(CancellationToken.None);
        var call = CallAsync(client);
        await SendAsync(1, TtrpcFrame.Response, [0xFF]);

        await Assert.ThrowsAsync<InvalidDataException>(() => running);
        Assert.Equal(RpcStatus.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).Status);
    }

    [Theory]
    [InlineData(2u, (byte)0, RpcStatus.InvalidArgument)]
    [InlineData(0u, (byte)0, RpcStatus.InvalidArgument)]
    [InlineData(3u, (byte)1, RpcStatus.Unimplemented)]
    [InlineData(3u, (byte)2, RpcStatus.Unimplemented)]
    public async Task AnswersRequests_ThatItDoesNotTake(uint stream, byte flags, RpcStatus expected)
    {
        var serving = Server((_, _) => ValueTask.FromResult(new ConfigureResponse()), onOurs: true);
        await SendAsync(stream, TtrpcFrame.Request, Envelope(), flags);

        var (frame, answer) = await ReadAnswerAsync();

        Assert.Equal((stream, (int)expected), (frame.Stream, answer.Status.Code));
        Assert.False(serving.IsFaulted);
    }

    [Fact]
    public async Task RefusesANumber_ThatWasThereBefore()
    {
        _ = Server((_, _) => ValueTask.FromResult(new ConfigureResponse()), onOurs: true);
        await SendAsync(5, TtrpcFrame.Request, Envelope());
        Assert.Null((await ReadAnswerAsync()).Answer.Status);
        await SendAsync(3, TtrpcFrame.Request, Envelope());

        Assert.Equal((int)RpcStatus.InvalidArgument, (await ReadAnswerAsync()).Answer.Status.Code);
    }

    [Fact]
    public async Task RefusesPayloads_ThatAreNoMessages()
    {
        _ = Server((_, _) => ValueTask.FromResult(new ConfigureResponse()), onOurs: true);
        await SendAsync(1, TtrpcFrame.Request, new TtrpcRequest { Service = "a.Service", Method = "Do", Payload = ByteString.CopyFrom(0xFF) }.ToByteArray());
        Assert.Equal((int)RpcStatus.InvalidArgument, (await ReadAnswerAsync()).Answer.Status.Code);
        await SendAsync(3, TtrpcFrame.Request, [0xFF]);
        Assert.Equal((int)RpcStatus.InvalidArgument, (await ReadAnswerAsync()).Answer.Status.Code);
        await SendAsync(5, TtrpcFrame.Request, Envelope());
        Assert.Null((await ReadAnswerAsync()).Answer.Status);
    }

    [Fact]
    public async Task Ends_WhenAMessageIsTooLong()
    {
        var serving = Server((_, _) => ValueTask.FromResult(new ConfigureResponse()), onOurs: true);
        await _pair.Theirs.WriteAsync(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 1, 0 });

        await Assert.ThrowsAsync<InvalidDataException>(() => serving);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 9, 0, 0, 0, 1, 1, 0, 42 })]
    public async Task Ends_WhenThePeerStopsWithinAMessage(byte[] bytes)
    {
        var serving = Server((_, _) => ValueTask.FromResult(new ConfigureResponse()), onOurs: true);
        await _pair.Theirs.WriteAsync(bytes);
        _pair.Theirs.Dispose();

        await Assert.ThrowsAsync<InvalidDataException>(() => serving);
    }

    [Fact]
    public async Task IsReadByAnIndependentDecoder()
    {
        using var client = new TtrpcClient(_pair.Ours, TimeProvider.System);
        _ = client.RunAsync(CancellationToken.None);
        _ = client.CallAsync(
            "/a.b.Service/Do", new ConfigureRequest { Config = "c" }, ConfigureResponse.Parser, TimeSpan.FromSeconds(2), CancellationToken.None);
        var header = new byte[TtrpcFrame.HeaderSize];
        await _pair.Theirs.ReadExactlyAsync(header);
        Assert.True(TtrpcFrame.TryRead(header, out var frame));
        var data = new byte[frame.Length];
        await _pair.Theirs.ReadExactlyAsync(data);

        Assert.Equal((1u, TtrpcFrame.Request, (byte)0), (frame.Stream, frame.Type, frame.Flags));
        Assert.Equal(
            "1: \"a.b.Service\"\n2: \"Do\"\n3 {\n  1: \"c\"\n}\n4: 2000000000\n", (await Protoc.DecodeRawAsync(data)).ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("a.Service/Do")]
    [InlineData("/Do")]
    [InlineData("/a.Service/")]
    [InlineData("//Do")]
    [InlineData("/a/b/c")]
    [InlineData("")]
    public void Refuses_WhatIsNoPath(string path) => Assert.ThrowsAny<ArgumentException>(() => TtrpcMethod.Unary(
        path, ConfigureRequest.Parser, (_, _) => ValueTask.FromResult(new ConfigureResponse())));

    private static byte[] Envelope() => new TtrpcRequest { Service = "a.Service", Method = "Do" }.ToByteArray();

    private static Task<ConfigureResponse> CallAsync(TtrpcClient client) =>
        client.CallAsync(Method, new ConfigureRequest(), ConfigureResponse.Parser, Patience, CancellationToken.None);

    private Task Server(
        Func<ConfigureRequest, CancellationToken, ValueTask<ConfigureResponse>> handler, TimeProvider? time = null, bool onOurs = false,
        CancellationToken stopping = default) =>
        new TtrpcServer([TtrpcMethod.Unary(Method, ConfigureRequest.Parser, handler)], NullLogger.Instance, time ?? TimeProvider.System)
            .RunAsync(onOurs ? _pair.Ours : _pair.Theirs, stopping, CancellationToken.None);

    private async Task SendAsync(uint stream, byte type, byte[] data, byte flags = 0)
    {
        var bytes = new byte[TtrpcFrame.HeaderSize + data.Length];
        new TtrpcFrame(data.Length, stream, type, flags).Write(bytes);
        data.CopyTo(bytes, TtrpcFrame.HeaderSize);
        await _pair.Theirs.WriteAsync(bytes);
    }

    private async Task<(TtrpcFrame Frame, TtrpcResponse Answer)> ReadAnswerAsync()
    {
        var header = new byte[TtrpcFrame.HeaderSize];
        await _pair.Theirs.ReadExactlyAsync(header);
        Assert.True(TtrpcFrame.TryRead(header, out var frame));
        var data = new byte[frame.Length];
        await _pair.Theirs.ReadExactlyAsync(data);
        return (frame, TtrpcResponse.Parser.ParseFrom(data));
    }
}
