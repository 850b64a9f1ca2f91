using Casemate.Node.Nri;
using Casemate.Rpc;
using Casemate.Rpc.Nri;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.Nri;

/// <summary>A connection to a runtime's NRI, with runtimes that do not behave.</summary>
public sealed class NriSessionTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TemporaryDirectory _directory = new();
    private SocketPair _pair = null!;

    public async ValueTask InitializeAsync() => _pair = await SocketPair.ConnectAsync();

    public ValueTask DisposeAsync()
    {
        _pair.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task GivesUp_ARuntimeThatNeverAnswers()
    {
        var session = RunAsync(new StillPlugin());

        await PassAsync(session);

        Assert.Equal(RpcStatus.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => session)).Status);
    }

    [Fact]
    public async Task GivesUp_ARuntimeThatRegistersAndTellsNothing()
    {
        var session = RunAsync(new StillPlugin());
        await SendAsync(TrunkHeader.RuntimeService, 1, 2, TtrpcEnvelope.Response([]));

        await PassAsync(session);

        var error = await Assert.ThrowsAsync<RpcException>(() => session);
        Assert.Equal(RpcStatus.DeadlineExceeded, error.Status);
    }

    [Fact]
    public async Task Ends_WhenTheRuntimeRefusesThePlugin()
    {
        var session = RunAsync(new StillPlugin());
        await SendAsync(TrunkHeader.RuntimeService, 1, 2, TtrpcEnvelope.Response([], 9, "plugins are switched off"));

        var error = await Assert.ThrowsAsync<RpcException>(() => session);
        Assert.Equal((RpcStatus.FailedPrecondition, "plugins are switched off"), (error.Status, error.Detail));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0, 0, 0, 10, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 1, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 2, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0xFF })]
    public async Task Ends_WhenWhatArrivesIsNotNri(byte[] bytes)
    {
        var session = RunAsync(new StillPlugin());
        await _pair.Theirs.WriteAsync(bytes);

        await Assert.ThrowsAsync<InvalidDataException>(() => session);
    }

    [Fact]
    public async Task Refuses_WhatRunsBeforeWhoAsks()
    {
        _ = RunAsync(new StillPlugin());
        await SendAsync(TrunkHeader.PluginService, 1, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Synchronize", [], 0));

        var status = TtrpcEnvelope.Read((byte[])TtrpcEnvelope.Read(await ReadAnswerAsync(TrunkHeader.PluginService))[1]);
        Assert.Equal((long)RpcStatus.FailedPrecondition, status[1]);
    }

    [Fact]
    public async Task Refuses_MorePodsThanANodeHas()
    {
        _ = RunAsync(new StillPlugin());
        await SendAsync(TrunkHeader.PluginService, 1, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Configure", [], 0));
        await ReadAnswerAsync(TrunkHeader.PluginService);
        byte[] many = [.. Enumerable.Range(0, 20_001).SelectMany(_ => new byte[] { 0x12, 0 })];
        await SendAsync(TrunkHeader.PluginService, 3, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Synchronize", many, 0));

        var status = TtrpcEnvelope.Read((byte[])TtrpcEnvelope.Read(await ReadAnswerAsync(TrunkHeader.PluginService))[1]);
        Assert.Equal((long)RpcStatus.ResourceExhausted, status[1]);
    }

    [Fact]
    public async Task Refuses_MoreBytesThanANodeRuns_HoweverManyMessagesTheyComeIn()
    {
        _ = RunAsync(new StillPlugin());
        await SendAsync(TrunkHeader.PluginService, 1, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Configure", [], 0));
        await ReadAnswerAsync(TrunkHeader.PluginService);
        var many = new SynchronizeRequest { Pods = { new PodSandbox { Id = "a", Name = new string('x', 3 << 20) } }, More = true }.ToByteArray();
        var answers = new List<IReadOnlyDictionary<int, object>>();
        for (var sent = 0; sent <= 64 << 20; sent += many.Length)
        {
            var stream = (uint)(3 + (2 * answers.Count));
            await SendAsync(TrunkHeader.PluginService, stream, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Synchronize", many, 0));
            answers.Add(TtrpcEnvelope.Read(await ReadAnswerAsync(TrunkHeader.PluginService)));
        }

        Assert.All(answers.SkipLast(1), answer => Assert.False(answer.ContainsKey(1)));
        Assert.Equal((long)RpcStatus.ResourceExhausted, TtrpcEnvelope.Read((byte[])answers[^1][1])[1]);
    }

    [Fact]
    public async Task AsksForTheCreationOfContainers_AndForNothingElse()
    {
        _ = RunAsync(new StillPlugin());
        await SendAsync(TrunkHeader.PluginService, 1, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Configure", [], 0));

        var answer = ConfigureResponse.Parser.ParseFrom((byte[])TtrpcEnvelope.Read(await ReadAnswerAsync(TrunkHeader.PluginService))[2]);
        Assert.Equal(0b1000, answer.Events);
    }

    [Theory]
    [InlineData("Shutdown")]
    [InlineData("StateChange")]
    public async Task AnswersEverything(string method)
    {
        _ = RunAsync(new StillPlugin());
        await SendAsync(TrunkHeader.PluginService, 1, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", method, [], 0));

        var answered = TtrpcEnvelope.Read(await ReadAnswerAsync(TrunkHeader.PluginService));
        Assert.Equal(method == "Shutdown", !answered.ContainsKey(1));
    }

    [Fact]
    public async Task IsDropped_WhenItAnswersTooLate_AndTheContainerIsCreated()
    {
        var late = new TaskCompletionSource();
        var plugin = new StillPlugin { Creating = _ => late.Task };
        await using var runtime = TestRuntime.Start(
            new TestRuntimeOptions { Socket = _directory.File("nri.sock"), CreateTimeout = TimeSpan.FromSeconds(1) });
        using var socket = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(_directory.File("nri.sock")));
        using var stream = new System.Net.Sockets.NetworkStream(socket);
        var session = new NriSession(plugin, NullLogger.Instance, TimeProvider.System).RunAsync(stream, _ => { }, CancellationToken.None);
        Assert.Equal("90-casemate-epc", await runtime.PluginAsync());

        await runtime.CreateAsync(new PodSandbox { Id = "p" }, new Container { Id = "c" });

        Assert.Empty(runtime.Unified("c"));
        late.SetResult();
        await Task.WhenAny(session);
        Assert.False(runtime.HasPlugin);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public async Task Ends_WhenTheRuntimeMayHaveGivenUpBeforeItTookTheAnswer(int secondsToRead, int secondsToAnswer)
    {
        var ready = false;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = new TaskCompletionSource();
        var plugin = new StillPlugin { Synchronizing = () => { begun.SetResult(); return slow.Task; } };
        var session = RunAsync(plugin, _ => ready = true);
        await SendAsync(TrunkHeader.RuntimeService, 1, 2, TtrpcEnvelope.Response([]));
        await SendAsync(TrunkHeader.PluginService, 1, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Configure", [], 0));
        await ReadAnswerAsync(TrunkHeader.PluginService);
        _time.Advance(TimeSpan.FromSeconds(secondsToRead));
        await SendAsync(TrunkHeader.PluginService, 3, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Synchronize", [], 0));
        await begun.Task;
        _time.Advance(TimeSpan.FromSeconds(secondsToAnswer));
        slow.SetResult();

        var error = await Assert.ThrowsAsync<RpcException>(() => session);
        Assert.Equal(RpcStatus.DeadlineExceeded, error.Status);
        Assert.Contains("longer than the 2 s", error.Detail, StringComparison.Ordinal);
        Assert.False(ready);
    }

    [Fact]
    public async Task Ends_ToTellLateChangesInANewSession_ButNotWhileAContainerIsCreated()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var created = new TaskCompletionSource();
        var plugin = new StillPlugin { Creating = _ => { begun.SetResult(); return created.Task; } };
        var session = RunAsync(plugin);
        await SendAsync(TrunkHeader.RuntimeService, 1, 2, TtrpcEnvelope.Response([]));
        await SendAsync(TrunkHeader.PluginService, 1, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Configure", [], 0));
        await ReadAnswerAsync(TrunkHeader.PluginService);
        await SendAsync(TrunkHeader.PluginService, 3, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "Synchronize", [], 0));
        await ReadAnswerAsync(TrunkHeader.PluginService);

        // The registration is over when nothing waits for the clock any more but the look for late changes.
        await TaskPatience.UntilAsync(() => _time.TimerCount == 1);
        await SendAsync(TrunkHeader.PluginService, 5, 1, TtrpcEnvelope.Request("nri.pkg.api.v1alpha1.Plugin", "CreateContainer", [], 0));
        await begun.Task;
        plugin.HasLateChanges = true;

        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(session, Task.Delay(5));
        }

        Assert.False(session.IsCompleted);
        created.SetResult();
        await ReadAnswerAsync(TrunkHeader.PluginService);
        Assert.Equal(NriSessionEnd.LateChanges, await session.SoonAsync());
    }

    [Theory]
    [InlineData("containerd", "v2.1.0", 0, "containerd v2.1.0", 2000)]
    [InlineData("cri-o", "", 1500, "cri-o", 1500)]
    [InlineData("", "", -5, "a runtime without a name", 2000)]
    [InlineData("a\nb", "\u001b[31m", long.MaxValue, "ab [31m", 2000)]
    public void KnowsItsRuntime(string name, string version, long timeout, string expected, int patience)
    {
        var runtime = NriRuntime.Of(name, version, timeout);

        Assert.Equal((expected, patience), (runtime.Name, (int)runtime.Patience.TotalMilliseconds));
        Assert.Equal(100, NriRuntime.Of(new string('x', 5000), version, timeout).Name.Length);
    }

    // The session's holder closes the socket: whatever ends it, the test sees that.
    private async Task<NriSessionEnd> RunAsync(INriPlugin plugin, Action<NriRuntime>? ready = null)
    {
        try
        {
            return await new NriSession(plugin, NullLogger.Instance, _time).RunAsync(_pair.Ours, ready ?? (_ => { }), CancellationToken.None);
        }
        finally
        {
            _pair.Ours.Dispose();
        }
    }

    private async Task PassAsync(Task waiting)
    {
        while (!waiting.IsCompleted)
        {
            _time.Advance(NriSession.Patience);
            await Task.WhenAny(waiting, Task.Delay(10));
        }
    }

    private async Task SendAsync(uint connection, uint stream, byte type, byte[] envelope)
    {
        byte[] header = [0, 0, 0, 0, 0, 0, 0, 0, type, 0];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(header, envelope.Length);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), stream);
        var piece = new byte[TrunkHeader.Size];
        new TrunkHeader(connection, header.Length + envelope.Length).Write(piece);
        await _pair.Theirs.WriteAsync((byte[])[.. piece, .. header, .. envelope]);
    }

    private async Task<byte[]> ReadAnswerAsync(uint connection)
    {
        while (true)
        {
            var header = new byte[TrunkHeader.Size];
            await _pair.Theirs.ReadExactlyAsync(header);
            Assert.True(TrunkHeader.TryRead(header, out var read));
            var piece = new byte[read.Length];
            await _pair.Theirs.ReadExactlyAsync(piece);
            if (read.Connection == connection)
            {
                return piece[10..];
            }
        }
    }

    private sealed class StillPlugin : INriPlugin
    {
        public Func<CancellationToken, Task> Creating { get; init; } = _ => Task.CompletedTask;

        public Func<Task> Synchronizing { get; init; } = () => Task.CompletedTask;

        public bool HasLateChanges { get; set; }

        public async ValueTask<IReadOnlyList<ContainerUpdate>> SynchronizeAsync(
            IReadOnlyDictionary<string, PodSandbox> pods, IReadOnlyList<Container> containers, TimeSpan patience,
            CancellationToken cancellationToken)
        {
            await Synchronizing();
            return [];
        }

        public ValueTask<bool> HasLateChangesAsync(CancellationToken cancellationToken) => ValueTask.FromResult(HasLateChanges);

        public async ValueTask<ContainerAdjustment?> CreateAsync(
            PodSandbox pod, Container container, TimeSpan patience, CancellationToken cancellationToken)
        {
            await Creating(cancellationToken);
            return null;
        }
    }
}
