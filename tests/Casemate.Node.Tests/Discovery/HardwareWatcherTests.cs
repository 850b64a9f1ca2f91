using System.Threading.Channels;
using Casemate.Node.Discovery;
using Casemate.Testing;

namespace Casemate.Node.Tests.Discovery;

/// <summary>Changes of the hardware are seen and published; an unchanged one is not.</summary>
public sealed class HardwareWatcherTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task TheFirstLook_IsPublished()
    {
        await using var watch = new Watch();

        Assert.NotNull((await watch.Published()).Sgx!.Enclave);
    }

    [Fact]
    public async Task AnUnchangedMachine_IsPublishedOnce()
    {
        await using var watch = new Watch();
        await watch.Looked();

        watch.Changes.Tell();
        await watch.Looked();
        watch.Changes.Tell();
        await watch.Looked();

        Assert.Equal(1, watch.PublishedCount);
    }

    [Fact]
    public async Task ADeviceThatGoes_IsPublished_AtTheEvent()
    {
        await using var watch = new Watch();
        await watch.Published();
        await watch.Looked();

        watch.Machine.Devices = "";
        watch.Changes.Tell();
        await watch.Looked();

        Assert.Null((await watch.Published()).Sgx!.Enclave);
    }

    [Fact]
    public async Task AnEventThatWasLost_IsMadeUpForByTheTimer()
    {
        await using var watch = new Watch();
        await watch.Published();
        await watch.Looked();

        watch.Machine.Epc(0, "4096");
        await watch.Looked();

        Assert.Equal(4096, (await watch.Published()).Sgx!.EpcBytes);
    }

    [Fact]
    public async Task Cancelling_EndsTheWatch_WithoutAnError()
    {
        var watch = new Watch();
        await watch.Looked();

        await watch.DisposeAsync();
    }

    [Fact]
    public async Task AFault_OfTheSubscriber_EndsTheWatch()
    {
        var watcher = new HardwareWatcher(new HardwareScanner(new TestMachine().Sources()), null, new ManualTimeProvider(Noon));

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => watcher.RunAsync((_, _) => throw new InvalidOperationException("no"), null, CancellationToken.None));
    }

    [Fact]
    public async Task ARealDirectory_TellsOfSgxNodes()
    {
        using var root = new TemporaryDirectory();
        Directory.CreateDirectory(root.File("dev"));
        using var changes = new DeviceChanges(NodeRoots.Under(root.Path));
        var change = changes.WaitAsync(CancellationToken.None);

        await File.WriteAllTextAsync(root.File("dev/sgx_enclave"), "");
        await change;
    }

    [Theory]
    [InlineData("sgx_enclave", true)]
    [InlineData("sgx", true)]
    [InlineData("isgx", true)]
    [InlineData("gsgx", true)]
    [InlineData("sev", true)]
    [InlineData("sev-guest", true)]
    [InlineData("tdx_guest", true)]
    [InlineData("loop0", false)]
    [InlineData("", false)]
    public void OnlyTheNodesThatAScanLooksAt_AreWaitedFor(string name, bool matters) => Assert.Equal(matters, DeviceChanges.Matters(name));

    [Fact]
    public void ADirectoryThatIsNotThere_IsLeftToTheTimer()
    {
        using var root = new TemporaryDirectory();
        using var changes = new DeviceChanges(NodeRoots.Under(root.Path));

        Assert.False(changes.WaitAsync(CancellationToken.None).IsCompleted);
    }

    // A watcher at work. Looking is awaited; the clock is moved until it happened.
    private sealed class Watch : IAsyncDisposable
    {
        private readonly ManualTimeProvider _time = new(Noon);
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<NodeHardware> _published = Channel.CreateUnbounded<NodeHardware>();
        private readonly Channel<bool> _looked = Channel.CreateUnbounded<bool>();
        private readonly Task _run;
        private int _count;

        public Watch()
        {
            Machine.Epc(0, "8589934592");
            var watcher = new HardwareWatcher(new HardwareScanner(new LiveSources(Machine).Sources()), Changes, _time);
            _run = watcher.RunAsync(
                (hardware, _) =>
                {
                    _count++;
                    return _published.Writer.WriteAsync(hardware).AsTask();
                },
                (_, _) => _looked.Writer.WriteAsync(true).AsTask(),
                _stop.Token);
        }

        public TestMachine Machine { get; } = new();

        public Signal Changes { get; } = new();

        public int PublishedCount => _count;

        public Task<NodeHardware> Published() => Next(_published.Reader);

        public async Task Looked() => await Next(_looked.Reader);

        private async Task<T> Next<T>(ChannelReader<T> reader)
        {
            var next = reader.ReadAsync().AsTask();
            while (!next.IsCompleted)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            return await next;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _stop.Dispose();
            Changes.Dispose();
        }
    }

    // The test changes the machine's devices while the watcher looks at them.
    private sealed class LiveSources(TestMachine machine) : IDeviceDirectory
    {
        public NodeSources Sources() => machine.Sources() with { Devices = this };

        public DeviceEntry? Look(string path) => machine.Sources().Devices.Look(path);
    }

    private sealed class Signal : IDeviceChanges
    {
        private readonly SemaphoreSlim _changed = new(0);

        public void Tell() => _changed.Release();

        public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

        public void Dispose() => _changed.Dispose();
    }
}
