using System.Collections.Concurrent;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;
using Casemate.Node.Machines;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>A node agent and a kubelet in a directory of their own.</summary>
internal sealed class NodeFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static string Epc => ResourceFamily.Azure.Name;

    /// <summary>The settings of the next start; a test may change them before.</summary>
    public NodeAgentOptions Options { get; set; } = null!;

    public TestKubeletOptions KubeletOptions { get; set; } = null!;

    /// <summary>The agent's clock.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public TestKubelet Kubelet { get; private set; } = null!;

    public NodeAgent Agent { get; private set; } = null!;

    /// <summary>Everything that was logged.</summary>
    public ConcurrentQueue<string> Log { get; } = [];

    /// <summary>Says whether the code that logs an event fails there; stands for any fault that nobody thought of.</summary>
    public Func<int, bool> FailsAt { get; set; } = _ => false;

    public ConcurrentQueue<NodeNotice> Notices { get; } = [];

    public string PluginDirectory => _directory.File("dp");

    public string AesmRoot => _directory.File("aesm");

    public string File(string name) => _directory.File(name);

    /// <summary>Describes a node; nothing is started.</summary>
    public static NodeFixture Describe(string machine)
    {
        Assert.True(DescribedMachine.TryLoad(machine, out var described, out var error), error);
        return Describe(described!.Sources);
    }

    public static NodeFixture Describe(NodeSources sources)
    {
        var fixture = new NodeFixture();
        Directory.CreateDirectory(fixture.PluginDirectory);
        fixture.KubeletOptions = new TestKubeletOptions
        {
            Directory = fixture.PluginDirectory,
            PodResourcesSocket = fixture.File("pr/kubelet.sock"),
        };
        fixture.Options = new NodeAgentOptions
        {
            Sources = sources with { Simulated = true },
            NodeName = "node-1",
            Notify = fixture.Notices.Enqueue,
            DevicePlugin = new DevicePluginSettings
            {
                Directory = fixture.PluginDirectory,
                PodResourcesSocket = fixture.File("pr/kubelet.sock"),
                StandIn = "/dev/null",
            },
        };
        return fixture;
    }

    /// <summary>A node whose kubelet has every list.</summary>
    public static async Task<NodeFixture> StartAsync(
        string machine, Func<NodeAgentOptions, NodeAgentOptions>? change = null, Func<TestKubeletOptions, TestKubeletOptions>? changeKubelet = null)
    {
        var fixture = Describe(machine);
        fixture.Options = change?.Invoke(fixture.Options) ?? fixture.Options;
        fixture.KubeletOptions = changeKubelet?.Invoke(fixture.KubeletOptions) ?? fixture.KubeletOptions;
        await fixture.StartKubeletAsync();
        await fixture.StartAgentAsync();
        await fixture.UntilReadyAsync();
        return fixture;
    }

    public async Task StartKubeletAsync() => Kubelet = await TestKubelet.StartAsync(KubeletOptions);

    public async Task StartAgentAsync() =>
        Agent = await NodeAgent.StartAsync(Options, new RecordingLoggers(Log, id => FailsAt(id)), Time, CancellationToken.None);

    /// <summary>Waits until the kubelet offers what the agent lists.</summary>
    public Task UntilReadyAsync() => Kubelet.UntilAsync(() => Agent.IsReady && Agent.State.Resources.All(
        resource => Kubelet.Allocatable(resource.Name) == resource.Expected));

    public async Task StopAgentAsync() => await Agent.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Agent is not null)
        {
            await Agent.DisposeAsync();
        }

        if (Kubelet is not null)
        {
            await Kubelet.DisposeAsync();
        }

        _directory.Dispose();
    }

    /// <summary>The lines of an event in the log.</summary>
    public List<string> Lines(int id) => [.. Log.Where(line => line.Split(' ')[1] == $"{id}")];

    /// <summary>Has directories for AESM sockets, which are looked at every second and swept when they are a second old.</summary>
    public void SweepSoon() => Options = Options with
    {
        DevicePlugin = Options.DevicePlugin with
        {
            AesmAllocations = AesmRoot,
            PollInterval = TimeSpan.FromSeconds(1),
            SweepGrace = TimeSpan.FromSeconds(1),
        },
    };

    public static AdvertisementSettings Small(int enclaves = 4) =>
        new() { EnclaveCount = enclaves, ProvisionCount = enclaves };

    private sealed class RecordingLoggers(ConcurrentQueue<string> log, Func<int, bool> failsAt) : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
            }

            if (failsAt(eventId.Id))
            {
                throw new InvalidOperationException("A fault of the test.");
            }
        }
    }
}
