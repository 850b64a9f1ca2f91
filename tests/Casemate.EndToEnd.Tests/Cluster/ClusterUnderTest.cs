using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>One node of a cluster, with a namespace of its own; everything that is made there goes with it.</summary>
internal sealed partial class ClusterUnderTest : IAsyncDisposable
{
    private static readonly KubeResource s_roles = new("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);
    private static readonly KubeResource s_bindings = new("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false);

    private readonly KubeClient _client;
    private readonly ClusterSettings _settings;
    private readonly string _name = "casemate-e2e-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private readonly IAsyncDisposable? _cluster;
    private string _hostName = "";
    private KubeServerVersion? _version;

    private ClusterUnderTest(KubeClient client, ClusterSettings settings, IAsyncDisposable? cluster) =>
        (_client, _settings, _cluster) = (client, settings, cluster);

    /// <summary>The node that the agent and all pods run on.</summary>
    public string Node { get; private set; } = "";

    // What shares a device among claims (consumable capacity) is served from here on.
    private bool SharesDevices => _version!.IsAtLeast(1, 36);

    /// <summary>Takes a node that is ready.</summary>
    /// <param name="client">Leads to the cluster; goes with this.</param>
    /// <param name="settings">How to use it.</param>
    /// <param name="cluster">What else goes with this.</param>
    public static async Task<ClusterUnderTest> OpenAsync(KubeClient client, ClusterSettings settings, IAsyncDisposable? cluster = null)
    {
        var opened = new ClusterUnderTest(client, settings, cluster);
        try
        {
            var nodes = await client.ListAsync(KubeResource.Nodes, KubeListOptions.All);
            var node = nodes.Items.FirstOrDefault(IsUsable) ?? throw new InvalidOperationException("No node of the cluster is ready and open.");
            (opened.Node, opened._hostName) = (node.Name, node.Labels["kubernetes.io/hostname"]);
            await client.CreateAsync(KubeResource.Namespaces, null, new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = opened._name,
                    ["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = "privileged" },
                },
            });
            await client.CreateAsync(KubeResource.ServiceAccounts, opened._name, new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = ClusterManifests.Agent },
            });
            await client.CreateAsync(s_roles, null, ClusterManifests.ClusterRole(opened._name));
            await client.CreateAsync(s_bindings, null, ClusterManifests.ClusterRoleBinding(opened._name, opened._name));
            opened._version = await client.GetVersionAsync();
            if (opened.SharesDevices)
            {
                await client.CreateAsync(KubeResource.DeviceClasses, null, ClusterManifests.DeviceClass(opened._name));
            }

            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Skips the test where claims cannot share a device.</summary>
    public void NeedsSharedDevices() =>
        Assert.SkipUnless(SharesDevices, $"the cluster is Kubernetes {_version}: claims share a device from 1.36 on");

    /// <summary>Runs the agent on the node.</summary>
    /// <param name="machine">The described machine, unless the cluster's own hardware is used.</param>
    /// <param name="arguments">What else it is told.</param>
    public async Task InstallAsync(string machine, params string[] arguments)
    {
        string[] all = ["node", "--node-name", "$(NODE_NAME)", "--http", "off", .. _settings.RealHardware ? [] : new[] { "--simulate", machine }, .. arguments];
        await _client.CreateAsync(KubeResource.DaemonSets, _name, ClusterManifests.DaemonSet(_settings.Image, _hostName, all));
        await UntilAsync("the agent runs", async () => (await AgentsAsync()).Any(pod => Phase(pod) == "Running"));
    }

    /// <summary>Deletes the agent's pod and waits for the next one.</summary>
    public async Task RestartAgentAsync()
    {
        var before = (await AgentsAsync()).Select(pod => pod.Uid).ToHashSet();
        foreach (var pod in await AgentsAsync())
        {
            await _client.DeleteAsync(KubeResource.Pods, _name, pod.Name);
        }

        await UntilAsync("another agent runs", async () =>
            await AgentsAsync() is var pods && pods.All(pod => !before.Contains(pod.Uid)) && pods.Any(pod => Phase(pod) == "Running"));
    }

    /// <summary>How much of a resource the scheduler may give of the node; 0 when the node does not have it.</summary>
    public async Task<long> AllocatableAsync(string resource) =>
        Quantity.TryReadWhole(
            (await _client.GetAsync(KubeResource.Nodes, null, Node)).MapAt("status", "allocatable").GetValueOrDefault(resource), out var amount)
            ? amount : 0;

    /// <summary>Waits until the node offers a resource, and gives the amount that was seen: a moment later there may be none.</summary>
    public async Task<long> UntilOfferedAsync(string resource)
    {
        long amount = 0;
        await UntilAsync($"{Node} offers {resource}", async () => (amount = await AllocatableAsync(resource)) > 0);
        return amount;
    }

    /// <summary>Waits until the driver has published the node's EPC, and gives the bytes of its first bank.</summary>
    public async Task<long> UntilPublishedAsync()
    {
        long bytes = 0;
        await UntilAsync($"EPC of {Node} is in a ResourceSlice", async () =>
        {
            var slices = await _client.ListAsync(KubeResource.ResourceSlices, KubeListOptions.All);
            var device = slices.Items.Where(slice => slice.MapAt("spec").GetValueOrDefault("nodeName") == Node)
                .SelectMany(slice => slice.ListAt("spec", "devices"))
                .FirstOrDefault(device => device.GetProperty("name").GetString()!.StartsWith("epc-", StringComparison.Ordinal));
            return device.ValueKind is JsonValueKind.Object
                && Quantity.TryReadWhole(device.GetProperty("capacity").GetProperty("epc").GetProperty("value").GetString(), out bytes);
        });
        return bytes;
    }

    /// <summary>Asks for a pod with amounts of resources.</summary>
    public Task CreatePodAsync(string name, params (string Resource, long Amount)[] resources) => _client.CreateAsync(
        KubeResource.Pods, _name, ClusterManifests.Pod(
            name, _settings.Image, _hostName,
            resources.Select(resource => (resource.Resource, resource.Amount.ToString(System.Globalization.CultureInfo.InvariantCulture))), []));

    /// <summary>Asks for a pod with a claim of its own for an amount of EPC.</summary>
    public async Task CreatePodWithClaimAsync(string name, long epc)
    {
        await _client.CreateAsync(KubeResource.ResourceClaims, _name, ClusterManifests.Claim(
            name, _name, epc.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await _client.CreateAsync(KubeResource.Pods, _name, ClusterManifests.Pod(name, _settings.Image, _hostName, [], [name]));
    }

    /// <summary>Waits until a pod runs and is ready.</summary>
    public Task UntilReadyAsync(string name) => UntilAsync($"pod {name} is ready", async () =>
        await _client.GetAsync(KubeResource.Pods, _name, name) is var pod && Phase(pod) == "Running" && Condition(pod, "Ready") == "True");

    /// <summary>Waits until the scheduler has said that it has no place for a pod.</summary>
    public Task UntilUnschedulableAsync(string name) => UntilAsync($"pod {name} has no place", async () =>
        await _client.GetAsync(KubeResource.Pods, _name, name) is var pod && Phase(pod) == "Pending" && Condition(pod, "PodScheduled") == "False");

    /// <summary>A pod's phase and identity.</summary>
    public async Task<(string Phase, string Uid)> PodAsync(string name) =>
        await _client.GetAsync(KubeResource.Pods, _name, name) is var pod ? (Phase(pod), pod.Uid) : default;

    /// <summary>Deletes a pod, and its claim if it has one, and waits until both are gone.</summary>
    public async Task DeletePodAsync(string name)
    {
        await _client.DeleteAsync(KubeResource.Pods, _name, name);
        await UntilAsync($"pod {name} is gone", async () => await _client.TryGetAsync(KubeResource.Pods, _name, name) is null);
        await _client.DeleteAsync(KubeResource.ResourceClaims, _name, name);
        await UntilAsync($"claim {name} is gone", async () => await _client.TryGetAsync(KubeResource.ResourceClaims, _name, name) is null);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_hasAddon)
            {
                await CasemateAsync("addon", "uninstall", "--yes", "--timeout", "100");
            }

            // The agent goes before what it may do, so that it can put its things in order; the namespace takes the rest along.
            await _client.DeleteAsync(KubeResource.DaemonSets, _name, ClusterManifests.Agent);
            await _client.DeleteAsync(KubeResource.Namespaces, null, _name);

            // What its pods held would count in the next scenario until they are gone.
            await UntilAsync(
                $"namespace {_name} is gone", async () => await _client.TryGetAsync(KubeResource.Namespaces, null, _name) is null);
            if (_version is not null && SharesDevices)
            {
                await _client.DeleteAsync(KubeResource.DeviceClasses, null, _name);
            }

            await _client.DeleteAsync(s_bindings, null, _name);
            await _client.DeleteAsync(s_roles, null, _name);
        }
        finally
        {
            _client.Dispose();
            await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private static bool IsUsable(KubeObject node) =>
        Condition(node, "Ready") == "True" && node.Labels.ContainsKey("kubernetes.io/hostname")
        && node.At("spec", "unschedulable") is not { ValueKind: JsonValueKind.True };

    private static string Phase(KubeObject pod) => pod.MapAt("status").GetValueOrDefault("phase", "Pending");

    private static string Condition(KubeObject found, string type) => found.ListAt("status", "conditions")
        .Where(condition => condition.GetProperty("type").GetString() == type).Select(condition => condition.GetProperty("status").GetString()!)
        .FirstOrDefault("Unknown");

    private async Task<IReadOnlyList<KubeObject>> AgentsAsync() => (await _client.ListAsync(
        KubeResource.Pods, new KubeListOptions { Namespace = _name, LabelSelector = $"app={ClusterManifests.Agent}" })).Items;

    private Task UntilAsync(string what, Func<Task<bool>> condition) => UntilAsync(() => what, condition);

    private async Task UntilAsync(Func<string> what, Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(_settings.Patience);
        using var timer = new PeriodicTimer(_settings.Interval);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {_settings.Patience}: {what()}.");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
