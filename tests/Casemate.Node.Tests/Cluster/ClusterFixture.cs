using Casemate.Kubernetes;
using Casemate.Node.Cluster;
using Casemate.Node.NodeObject;
using Casemate.Node.Tests.DevicePlugin;
using Casemate.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Node.Tests.Cluster;

/// <summary>An agent, a kubelet and an API server, tied together; the kubelet's status is written by hand.</summary>
internal sealed class ClusterFixture : IAsyncDisposable
{
    public const string Name = "node-1";

    private readonly KubeClient _client;
    private int _isDown;

    private ClusterFixture(NodeFixture local, TestApiServer server, TestNode node)
    {
        (Local, Server, Node) = (local, server, node);
        _client = server.CreateClient(options => options with
        {
            FieldManager = "casemate-node",
            LongestRetryDelay = TimeSpan.FromMilliseconds(20),
        });
        server.Refuse(int.MaxValue, new ApiFault(0, "", "away"), _ => Volatile.Read(ref _isDown) == 1);
    }

    public NodeFixture Local { get; }

    public TestApiServer Server { get; }

    public TestNode Node { get; }

    public ClusterLink Link { get; private set; } = null!;

    public KubeClient Client => _client;

    /// <summary>The API server is away: connections break.</summary>
    public bool IsDown
    {
        set
        {
            Volatile.Write(ref _isDown, value ? 1 : 0);
            Server.BreakWatches();
        }
    }

    public static async Task<ClusterFixture> StartAsync(
        string machine, Func<ClusterLinkOptions, ClusterLinkOptions>? change = null, bool isDown = false,
        Func<NodeAgentOptions, KubeClient, NodeAgentOptions>? changeAgent = null, bool waitForReady = true, params string[] taints)
    {
        var server = await TestApiServer.StartAsync();
        var fixture = new ClusterFixture(NodeFixture.Describe(machine), server, TestNode.Join(server, Name, taints))
        {
            IsDown = isDown,
        };
        var options = new ClusterLinkOptions
        {
            Node = new NodeObjectSettings { NodeName = Name },
            Interval = TimeSpan.FromMilliseconds(50),
        };
        fixture.Link = new ClusterLink(fixture.Client, change?.Invoke(options) ?? options, NullLogger.Instance);
        fixture.Local.Options = fixture.Local.Options with { Notify = fixture.Link.Notify };
        fixture.Local.Options = changeAgent?.Invoke(fixture.Local.Options, fixture.Client) ?? fixture.Local.Options;
        await fixture.Local.StartKubeletAsync();
        await fixture.Local.StartAgentAsync();
        await (waitForReady ? fixture.Local.UntilReadyAsync() : Task.CompletedTask);
        fixture.Link.Start(fixture.Local.Agent);
        return fixture;
    }

    /// <summary>Waits until the Node shows what it shall, the kubelet doing its part.</summary>
    public async Task SettleAsync()
    {
        var devices = Local.Agent.State.Resources.Select(resource => (resource.Name, resource.Expected)).ToList();
        await Server.UntilAsync(() =>
        {
            Node.WriteStatus(devices);
            return Link.Problem is null;
        });
    }

    public long Used => Local.Agent.State.Usage.UsedBytes;

    public async ValueTask DisposeAsync()
    {
        await Link.DisposeAsync();
        await Local.DisposeAsync();
        _client.Dispose();
        await Server.DisposeAsync();
    }
}
