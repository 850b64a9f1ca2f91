using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Tests.Wire;
using Casemate.Testing;
using static Casemate.Rpc.Tests.Wire.RawConnection;

namespace Casemate.Rpc.Tests.Server;

/// <summary>When calls end other than by their answer, and how the server stops.</summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task ACallWhosePeerGivesItUp_IsCancelled()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var (started, over) = Wait(fixture);
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf([])));
        await started.SoonAsync();
        await peer.SendAsync(new RawFrame(RawFrame.Reset, 0, 1, [0, 0, 0, 8]));

        await over.SoonAsync();
    }

    [Fact]
    public async Task ACallWhosePeerIsGone_IsCancelled()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var (started, over) = Wait(fixture);
        using (var peer = await OpenAsync(fixture.SocketPath))
        {
            await peer.SendAsync(HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf([])));
            await started.SoonAsync();
        }

        await over.SoonAsync();
    }

    [Fact]
    public async Task ACallWhoseTimeIsOver_EndsWithDeadlineExceeded()
    {
        await using var fixture = await RpcFixture.StartAsync();
        Wait(fixture);
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(HeadersFor(KubeletMethods.Allocate, more: [("grpc-timeout", "1m")]), DataOf(MessageOf([])));

        var answer = await peer.ReadAnswerAsync();

        Assert.Equal("4", answer.Status);
        Assert.True(answer.IsTrailersOnly);
    }

    [Fact]
    public async Task TheDeadline_IsToldToTheHandler()
    {
        var deadline = new TaskCompletionSource<DateTimeOffset?>();
        await using var fixture = await RpcFixture.StartAsync();
        fixture.Allocate = (_, context) =>
        {
            deadline.SetResult(context.Deadline);
            return ValueTask.FromResult(new AllocateResponse());
        };
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(HeadersFor(KubeletMethods.Allocate, more: [("grpc-timeout", "5H")]), DataOf(MessageOf([])));

        Assert.Equal("0", (await peer.ReadAnswerAsync()).Status);
        Assert.InRange((await deadline.Task.SoonAsync())!.Value - DateTimeOffset.UtcNow, TimeSpan.FromHours(4), TimeSpan.FromHours(5));
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("5s")]
    [InlineData("-5S")]
    [InlineData("5 S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    public async Task AMalformedTimeout_IsInternal(string timeout)
    {
        await using var fixture = await RpcFixture.StartAsync();
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(HeadersFor(KubeletMethods.Allocate, more: [("grpc-timeout", timeout)]), DataOf(MessageOf([])));

        Assert.Equal("13", (await peer.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task ThePeer_IsThisProcess()
    {
        RpcPeer? caller = null;
        await using var fixture = await RpcFixture.StartAsync();
        fixture.Allocate = (_, context) =>
        {
            caller = context.Peer;
            return ValueTask.FromResult(new AllocateResponse());
        };

        await fixture.Client().CallAsync(
            KubeletMethods.Allocate, new AllocateRequest(), AllocateResponse.Parser, TaskPatience.Limit, CancellationToken.None);

        Assert.Equal(Environment.ProcessId, caller?.ProcessId);
    }

    [Fact]
    public async Task Stopping_EndsStreamsWithUnavailable_AndTellsPeersToGoAway()
    {
        await using var fixture = await RpcFixture.StartAsync();
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(HeadersFor(KubeletMethods.ListAndWatch), DataOf(MessageOf([])));
        await peer.ReadToAsync(RawFrame.Data);

        var stop = fixture.Server.StopAsync(CancellationToken.None);

        var frames = new List<RawFrame>();
        while (await peer.ReadFrameAsync() is { } frame)
        {
            frames.Add(frame);
        }

        await stop.SoonAsync();
        var trailers = RawFields.Read(frames.Single(frame => frame.Type is RawFrame.Headers).Payload);
        Assert.Equal([("grpc-message", "The server is stopping."), ("grpc-status", "14")], trailers.Order());
        Assert.Contains(frames, frame => frame.Type is RawFrame.GoAway);
        Assert.False(File.Exists(fixture.SocketPath));
    }

    [Fact]
    public async Task Stopping_LetsUnaryCallsHaveTheirAnswer()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var started = new TaskCompletionSource();
        var go = new TaskCompletionSource<AllocateResponse>();
        fixture.Allocate = (_, _) =>
        {
            started.SetResult();
            return new ValueTask<AllocateResponse>(go.Task);
        };
        var call = fixture.Client().CallAsync(
            KubeletMethods.Allocate, new AllocateRequest(), AllocateResponse.Parser, null, CancellationToken.None);
        await started.Task.SoonAsync();

        var stop = fixture.Server.StopAsync(CancellationToken.None);
        go.SetResult(new AllocateResponse { ContainerResponses = { new ContainerAllocateResponse() } });

        Assert.Single((await call.SoonAsync()).ContainerResponses);
        await stop.SoonAsync();
    }

    // Kestrel alone would keep this connection until the patience is over, which is for ever here.
    [Fact]
    public async Task Stopping_ClosesAConnectionWhoseLastCallEndsAfterTheGoodbye()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var started = new TaskCompletionSource();
        var go = new TaskCompletionSource<AllocateResponse>();
        fixture.Allocate = (_, _) =>
        {
            started.SetResult();
            return new ValueTask<AllocateResponse>(go.Task);
        };
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf([])));
        await started.Task.SoonAsync();
        var stop = fixture.Server.StopAsync(CancellationToken.None);
        await peer.ReadToAsync(RawFrame.GoAway);

        go.SetResult(new AllocateResponse());

        Assert.Equal("0", (await peer.ReadAnswerAsync()).Status);
        while (await peer.ReadFrameAsync() is not null)
        {
            // The second goodbye, with the number of the last stream.
        }

        await stop.SoonAsync();
    }

    [Fact]
    public async Task StoppingWithoutPatience_GivesUnaryCallsUp()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var (started, over) = Wait(fixture);
        var call = fixture.Client().CallAsync(
            KubeletMethods.Allocate, new AllocateRequest(), AllocateResponse.Parser, null, CancellationToken.None);
        await started.SoonAsync();

        await fixture.Server.StopAsync(new CancellationToken(canceled: true)).SoonAsync();

        await over.SoonAsync();
        Assert.Equal(RpcStatus.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.SoonAsync())).Status);
    }

    [Fact]
    public async Task StoppingAgainWithLessPatience_EndsTheFirstWaitToo()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var (started, over) = Wait(fixture);
        using var peer = await OpenAsync(fixture.SocketPath);
        await peer.SendAsync(HeadersFor(KubeletMethods.Allocate), DataOf(MessageOf([])));
        await started.SoonAsync();
        var patient = fixture.Server.StopAsync(CancellationToken.None);
        Assert.False(over.IsCompleted);

        await fixture.Server.StopAsync(new CancellationToken(canceled: true)).SoonAsync();

        await over.SoonAsync();
        await patient.SoonAsync();
    }

    [Fact]
    public async Task ASilentConnection_DoesNotKeepTheServerFromStopping()
    {
        await using var fixture = await RpcFixture.StartAsync();
        using var silent = await ConnectAsync(fixture.SocketPath);
        using var idle = await OpenAsync(fixture.SocketPath);
        await idle.ReadToAsync(RawFrame.Settings);

        await fixture.Server.StopAsync(new CancellationToken(canceled: true)).SoonAsync();

        Assert.Null(await silent.ReadFrameAsync());
    }

    [Fact]
    public async Task AStreamWhosePeerDoesNotRead_Waits_AndEndsWithIt()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var over = new TaskCompletionSource<bool>();
        var written = 0;
        fixture.ListAndWatch = async (stream, context) =>
        {
            var list = new ListAndWatchResponse { Devices = { new Device { ID = new string('a', 10_000) } } };
            try
            {
                while (true)
                {
                    await stream.WriteAsync(list);
                    written++;
                }
            }
            finally
            {
                over.SetResult(context.CancellationToken.IsCancellationRequested);
            }
        };
        using (var peer = await OpenAsync(fixture.SocketPath))
        {
            await peer.SendAsync(HeadersFor(KubeletMethods.ListAndWatch), DataOf(MessageOf([])));
            await peer.ReadToAsync(RawFrame.Data);
        }

        Assert.True(await over.Task.SoonAsync());
        Assert.InRange(written, 0, 50);                                    // the window of 64 KiB, and what buffers hold
    }

    [Fact]
    public async Task ManyCallsAtOnce_EachHaveTheirAnswer()
    {
        await using var fixture = await RpcFixture.StartAsync();
        var client = fixture.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.CallAsync(
            KubeletMethods.Allocate,
            new AllocateRequest { ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { $"{i}" } } } },
            AllocateResponse.Parser, null, CancellationToken.None))).SoonAsync();

        Assert.Equal(
            Enumerable.Range(0, 200).Select(i => $"/dev/{i}"), answers.Select(answer => answer.ContainerResponses[0].Devices[0].HostPath));
    }

    // A handler that waits for the end of the call.
    private static (Task Started, Task Over) Wait(RpcFixture fixture)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Allocate = async (_, context) =>
        {
            started.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }
            finally
            {
                over.SetResult();
            }

            return new AllocateResponse();
        };
        return (started.Task, over.Task);
    }
}
