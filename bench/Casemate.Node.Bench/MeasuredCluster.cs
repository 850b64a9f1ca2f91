using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Bench;

/// <summary>An API server with the measured Node and a full house of pods on it.</summary>
internal sealed class MeasuredCluster : IAsyncDisposable
{
    public const string NodeName = "worker-1";
    private const int Pods = 110;
    private const int PodBytes = 8192;

    private readonly TestApiServer _server;
    private readonly TestNode _node;

    private MeasuredCluster(TestApiServer server, TestNode node) => (_server, _node) = (server, node);

    public static async Task<MeasuredCluster> StartAsync(string kubeconfig)
    {
        var server = await TestApiServer.StartAsync();
        var node = TestNode.Join(server, NodeName);
        for (var i = 0; i < Pods; i++)
        {
            var name = i.ToString("pod-000", CultureInfo.InvariantCulture);
            node.Run(name, "Running", ("cpu", "10m"));
            server.Change(KubeResource.Pods, "default", name, "somebody", pod => pod["metadata"]!["annotations"] =
                new JsonObject { ["example.com/filling"] = new string('x', PodBytes) });
        }

        await File.WriteAllTextAsync(kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{name: test, cluster: {server: "{{{server.Address}}}"}}]
            users: [{name: test, user: {token: test-token}}]
            contexts: [{name: test, context: {cluster: test, user: test}}]
            """);
        return new MeasuredCluster(server, node);
    }

    /// <summary>The kubelet says in the Node's status what it has; then waits until the Node carries the agent's labels.</summary>
    public Task UntilShownAsync(IReadOnlyList<(string Resource, long Count)> devices)
    {
        _node.WriteStatus(devices);
        return _server.UntilAsync(() => _node.Object.Labels.ContainsKey("tee"));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
