using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Casemate.Testing.Kubernetes;

namespace Casemate.EndToEnd.Tests;

/// <summary>A node for <c>casemate node --dra</c> as a process: an API server, a kubelet, and their files in one directory.</summary>
internal sealed class DraNode : IAsyncDisposable
{
    public const string Driver = "sgx.casemate.dev";
    public const string Name = "n1";

    private const string Namespace = "default";
    private readonly TemporaryDirectory _directory = new();

    private DraNode(TestApiServer api) => Api = api;

    public TestApiServer Api { get; }

    public TestKubelet Kubelet { get; private set; } = null!;

    /// <summary>Called before the kubelet does something.</summary>
    public Func<KubeletStep, Task> Before { get; set; } = _ => Task.CompletedTask;

    private string Cdi => _directory.File("cdi");

    private string States => _directory.File("plugins/sgx.casemate.dev/claims");

    private string Kubeconfig => _directory.File("kubeconfig");

    public static async Task<DraNode> StartAsync()
    {
        var node = new DraNode(await TestApiServer.StartAsync());
        node.Api.Put(KubeResource.Nodes, new JsonObject { ["metadata"] = new JsonObject { ["name"] = Name } });
        await File.WriteAllTextAsync(node.Kubeconfig, node.Api.Kubeconfig);
        await node.StartKubeletAsync();
        return node;
    }

    public async Task StartKubeletAsync() => Kubelet = await TestKubelet.StartAsync(new TestKubeletOptions
    {
        Directory = _directory.File("device-plugins"),
        PodResourcesSocket = _directory.File("pod-resources/kubelet.sock"),
        PluginRegistry = _directory.File("plugins_registry"),
        Before = (step, _) => Before(step),
    });

    /// <summary>Starts the agent, of a machine with one bank of 8 GiB, and waits until the kubelet knows its driver.</summary>
    public async Task<RunningProgram> StartAgentAsync()
    {
        var agent = RunningProgram.StartCasemate(
            null, "node", "--simulate", "dc2s_v3", "--dra", "--kubeconfig", Kubeconfig, "--node-name", Name, "--kubelet-dir", _directory.Path,
            "--cdi-dir", Cdi, "--http", _directory.File("http.sock"));
        try
        {
            await agent.ErrorLineAsync("Health and metrics on");
            await Api.UntilAsync(() => Slices().Count == 1 && Kubelet.WatchedPlugins.ContainsKey(Driver));
            await UntilAsync("/readyz", "200");
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    public IReadOnlyList<KubeObject> Slices() => Api.All(KubeResource.ResourceSlices);

    /// <summary>A claim as the scheduler leaves it.</summary>
    public Claim Allocate(string name, string epc)
    {
        var claim = Api.Put(KubeResource.ResourceClaims, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Namespace },
            ["spec"] = new JsonObject(),
        });
        Api.Change(KubeResource.ResourceClaims, Namespace, name, "scheduler", existing => existing["status"] = new JsonObject
        {
            ["allocation"] = new JsonObject
            {
                ["devices"] = new JsonObject
                {
                    ["results"] = new JsonArray(new JsonObject
                    {
                        ["request"] = "epc",
                        ["driver"] = Driver,
                        ["pool"] = Name,
                        ["device"] = "epc-0",
                        ["shareID"] = $"share-{name}",
                        ["consumedCapacity"] = new JsonObject { ["epc"] = epc },
                    }),
                },
            },
        });
        return new Claim { Namespace = Namespace, Name = name, Uid = claim.Uid };
    }

    /// <summary>The claim is deleted, as with its pod.</summary>
    public void Forget(Claim claim) => Api.Delete(KubeResource.ResourceClaims, claim.Namespace, claim.Name);

    public Task<NodePrepareResourceResponse> PrepareAsync(Claim claim) => Kubelet.PrepareAsync(Driver, claim);

    public Task<string> UnprepareAsync(Claim claim) => Kubelet.UnprepareAsync(Driver, claim);

    /// <summary>Names of the claims' files: CDI specifications and states, nothing else may be there.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. new[] { Cdi, States }.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles).Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The names of the files of claims that are ready.</summary>
    public static IReadOnlyList<string> FilesOf(params IEnumerable<Claim> claims) =>
    [
        .. claims.SelectMany(claim => new[] { $"casemate.dev-sgx-{claim.Uid}.json", $"{claim.Uid}.json" }).Order(StringComparer.Ordinal),
    ];

    public string CdiOf(Claim claim) => Path.Combine(Cdi, $"casemate.dev-sgx-{claim.Uid}.json");

    /// <summary>Waits until the metrics say that so much is held.</summary>
    public Task UntilHeldAsync(long bytes) =>
        UntilAsync("/metrics", $"casemate_node_epc_requested_bytes{{node=\"{Name}\",numa=\"0\"}} {bytes}\n");

    public async ValueTask DisposeAsync()
    {
        await Kubelet.DisposeAsync();
        await Api.DisposeAsync();
        _directory.Dispose();
    }

    private async Task UntilAsync(string path, string text)
    {
        var seen = "";
        using var patience = new CancellationTokenSource(TaskPatience.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        do
        {
            seen = await GetAsync(path);
            if (seen.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }
        while (!patience.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None));
        Assert.Fail($"{path} did not come to have '{text}', but: {seen}");
    }

    private Task<string> GetAsync(string path) => UnixHttp.GetAsync(_directory.File("http.sock"), path);
}
