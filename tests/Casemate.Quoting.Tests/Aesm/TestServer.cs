using System.Diagnostics;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>A server over a simulated machine, on a path of its own. Its clock stands still until it is moved.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 34, 56, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();

    public TestServer(AesmServerOptions? options = null, bool listen = true, IPeerResolver? peers = null)
    {
        Service = new PassThroughQuoteService(new SimulatedQuoteProvider(Machine));
        Server = new AesmServer(Service, options ?? new AesmServerOptions(), Clock, peers, Events);
        if (listen)
        {
            Server.Listen(Path);
        }
    }

    public static SimulatedPlatform Platform { get; } = SimulatedPlatform.Create(Noon);

    public static SimulatedDcap Machine => Platform.Dcap;

    public static SimulatedEnclave Enclave { get; } = new() { MrEnclave = [.. Enumerable.Repeat((byte)0x11, 32)] };

    public static byte[] ReportData { get; } = [.. Enumerable.Range(0, 64).Select(i => (byte)(0x80 + i))];

    public static byte[] Report { get; } = Machine.Report(Enclave, Machine.QuotingEnclave.TargetInfo.Span, ReportData);

    public ManualTimeProvider Clock { get; } = new(Noon);

    public RecordedEvents Events { get; } = new();

    public PassThroughQuoteService Service { get; }

    public AesmServer Server { get; }

    public string Path => _directory.File("aesm/aesm.socket");

    public string File(string name) => _directory.File(name);

    public AesmClient Client => AesmClient.ForPath(Path, TimeSpan.FromSeconds(30));

    public RawClient Connect() => RawClient.Connect(Path);

    /// <summary>Waits until the only connection waits for what is named.</summary>
    public async Task WaitUntilAwaitedAsync(string what)
    {
        var patience = Stopwatch.StartNew();
        while (Server.Connections.Snapshot() is not [var connection] || connection.Awaited != what)
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), $"the {what} is not awaited");
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _directory.Dispose();
    }
}
