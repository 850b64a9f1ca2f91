using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Testing;
using Casemate.Testing.Kubelet;
using Casemate.Testing.Kubernetes;

namespace Casemate.EndToEnd.Tests.Cluster;

/// <summary>
/// A cluster of one node in this process: the test API server and the test kubelet, and between them as much of the controllers, the
/// scheduler and the node's status as pods with EPC need. What runs the program is the real program; its container is a process.
/// </summary>
internal sealed partial class SimulatedCluster : IAsyncDisposable
{
    public const string Node = "node-1";
    private const string Driver = "sgx.casemate.dev";

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, (string Namespace, string Pod, string Claim, string Uid)> _prepared = [];
    private readonly HashSet<(string Namespace, string Pod)> _admitted = [];
    private readonly TestApiServer _api;
    private TestKubelet _kubelet = null!;
    private Task _running = Task.CompletedTask;

    private SimulatedCluster(TestApiServer api) => _api = api;

    /// <summary>How the suite uses it.</summary>
    public ClusterSettings Settings => new()
    {
        Image = "registry.example/casemate:1",
        NextImage = "registry.example/casemate:2",
        Kubeconfig = _directory.File("kubeconfig"),
        Patience = TaskPatience.Limit,
        Interval = TimeSpan.FromMilliseconds(50),
    };

    /// <summary>Starts a cluster, with a client of it.</summary>
    public static async Task<(SimulatedCluster Cluster, KubeClient Client)> StartAsync()
    {
        var cluster = new SimulatedCluster(await TestApiServer.StartAsync());
        cluster._api.RequireNamespaces = true;                             // what still runs writes nothing into one that is gone
        cluster._api.Put(KubeResource.Nodes, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = Node, ["labels"] = new JsonObject { ["kubernetes.io/hostname"] = Node } },
            ["status"] = new JsonObject { ["conditions"] = Conditions(("Ready", "True", "KubeletReady")) },
        });
        await File.WriteAllTextAsync(cluster._directory.File("kubeconfig"), cluster._api.Kubeconfig);
        cluster._kubelet = await TestKubelet.StartAsync(new TestKubeletOptions
        {
            Directory = cluster._directory.File("device-plugins"),
            PodResourcesSocket = cluster._directory.File("pod-resources/kubelet.sock"),
            PluginRegistry = cluster._directory.File("plugins_registry"),
        });
        cluster._running = Task.Run(() => cluster.RunAsync(cluster._stopping.Token));
        return (cluster, cluster._api.CreateClient());
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _running;
        }
        finally
        {
            await StopAllAsync();                                          // also after a fault: programs would outlive the test
            await _kubelet.DisposeAsync();
            await _api.DisposeAsync();
            _directory.Dispose();
            _stopping.Dispose();
        }
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await RunWorkloadsAsync();
                TellNodeStatus();
                await EndPodsAsync();
                foreach (var pod in _api.All(KubeResource.Pods).Where(IsToPlace))
                {
                    await PlaceAsync(pod);
                }

                await timer.WaitForNextTickAsync(stopping);
            }
            catch (ApiFault)
            {
                // The object went meanwhile; the next round sees that.
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void TellNodeStatus()
    {
        var (capacity, allocatable) = (new JsonObject(), new JsonObject());
        foreach (var resource in ResourceFamily.All.Select(family => family.Name).Append(AccessResource.Enclave).Append(AccessResource.Provision)
            .Where(_kubelet.Knows))
        {
            capacity[resource] = _kubelet.Capacity(resource).ToString(CultureInfo.InvariantCulture);
            allocatable[resource] = _kubelet.Allocatable(resource).ToString(CultureInfo.InvariantCulture);
        }

        // What others keep there stays: the agent's conditions, and numbers of the status that no plugin offers.
        var now = _api.Find(KubeResource.Nodes, null, Node)!.ToNode()["status"] as JsonObject ?? [];
        foreach (var (map, told) in (ReadOnlySpan<(string, JsonObject)>)[("capacity", capacity), ("allocatable", allocatable)])
        {
            now[map] ??= new JsonObject();
            foreach (var (resource, amount) in told)
            {
                now[map]![resource] = amount!.DeepClone();
            }
        }

        SetStatus(KubeResource.Nodes, null, Node, now);
    }

    // What pods that are gone held is free, first at the kubelet and the driver, then for the scheduler.
    private async Task EndPodsAsync()
    {
        var there = _api.All(KubeResource.Pods).Select(pod => (pod.Namespace!, pod.Name)).ToHashSet();
        foreach (var gone in _admitted.Where(pod => !there.Contains(pod)).ToList())
        {
            foreach (var (key, claim) in _prepared.Where(claim => (claim.Value.Namespace, claim.Value.Pod) == gone).ToList())
            {
                if (await UnprepareAsync(claim))
                {
                    _prepared.Remove(key);
                    if (_api.Find(KubeResource.ResourceClaims, claim.Namespace, claim.Claim) is not null)
                    {
                        SetStatus(KubeResource.ResourceClaims, claim.Namespace, claim.Claim, new JsonObject());
                    }
                }
            }

            if (_prepared.Values.All(claim => (claim.Namespace, claim.Pod) != gone))
            {
                _kubelet.Remove(gone.Namespace, gone.Pod);
                _admitted.Remove(gone);
            }
        }
    }

    private async Task<bool> UnprepareAsync((string Namespace, string Pod, string Claim, string Uid) claim)
    {
        try
        {
            return await _kubelet.UnprepareAsync(Driver, new Claim { Namespace = claim.Namespace, Name = claim.Claim, Uid = claim.Uid }) == "";
        }
        catch (AdmissionException)
        {
            return false;                                                  // asked again, as the kubelet does
        }
    }

    // The scheduler, then the kubelet.
    private async Task PlaceAsync(KubeObject pod)
    {
        var requests = Requests(pod);
        if (ClaimsOf(pod) is not { } claims)
        {
            return;                                                        // its template is not there yet
        }

        var used = _api.All(KubeResource.Pods).Where(other => _admitted.Contains((other.Namespace!, other.Name)) && other.Uid != pod.Uid).ToList();
        foreach (var (resource, count) in requests)
        {
            var taken = used.Sum(other => Requests(other).Where(request => request.Resource == resource).Sum(request => request.Count));
            if (_kubelet.Allocatable(resource) - taken < count)
            {
                SetPod(pod, "Pending", ("PodScheduled", "False", "Unschedulable"));
                return;
            }
        }

        if (!claims.All(claim => TryAllocate(pod.Namespace!, claim)))
        {
            SetPod(pod, "Pending", ("PodScheduled", "False", "Unschedulable"));
            return;
        }

        _admitted.Add((pod.Namespace!, pod.Name));
        try
        {
            var devices = new List<string>();
            foreach (var claim in claims)
            {
                var found = _api.Find(KubeResource.ResourceClaims, pod.Namespace, claim)!;
                var answer = await _kubelet.PrepareAsync(Driver, new Claim { Namespace = pod.Namespace, Name = claim, Uid = found.Uid });
                if (answer.Error.Length > 0)
                {
                    SetPod(pod, "Pending", ("PodScheduled", "True", answer.Error));
                    return;
                }

                _prepared[found.Uid] = (pod.Namespace!, pod.Name, claim, found.Uid);
                devices.AddRange(answer.Devices.SelectMany(device => device.CdiDeviceIds));
            }

            var container = pod.ListAt("spec", "containers")[0];
            var given = await _kubelet.AdmitAsync(
                new ContainerName(pod.Namespace!, pod.Name, container.GetProperty("name").GetString()!), [.. requests]);
            if (IsOfJob(pod))
            {
                StartTask(pod, container, SocketsOf(devices) ?? SocketsOf(given));
            }

            SetPod(pod, "Running", ("PodScheduled", "True", ""), ("Ready", "True", ""));
        }
        catch (AdmissionException e)
        {
            SetPod(pod, claims.Count > 0 ? "Pending" : "Failed", ("PodScheduled", "True", e.Message));
        }
    }

    // The controller of claims: one of its own for each template that a pod names. Null while there is no such template.
    private List<string>? ClaimsOf(KubeObject pod)
    {
        var names = new List<string>();
        foreach (var claim in pod.ListAt("spec", "resourceClaims"))
        {
            if (claim.TryGetProperty("resourceClaimName", out var named))
            {
                names.Add(named.GetString()!);
                continue;
            }

            var name = $"{pod.Name}-{claim.GetProperty("name").GetString()}";
            var template = _api.Find(
                KubeResource.ResourceClaimTemplates, pod.Namespace, claim.GetProperty("resourceClaimTemplateName").GetString()!);
            if (template is null)
            {
                return null;
            }

            if (_api.Find(KubeResource.ResourceClaims, pod.Namespace, name) is null)
            {
                _api.Put(KubeResource.ResourceClaims, new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["name"] = name,
                        ["namespace"] = pod.Namespace,
                        ["ownerReferences"] = new JsonArray(new JsonObject
                        {
                            ["apiVersion"] = "v1",
                            ["kind"] = "Pod",
                            ["name"] = pod.Name,
                            ["uid"] = pod.Uid,
                        }),
                    },
                    ["spec"] = JsonNode.Parse(template.At("spec", "spec")!.Value.GetRawText()),
                });
            }

            names.Add(name);
        }

        return names;
    }

    // The class's expression says which kind of device it selects.
    private string KindOf(string deviceClass)
    {
        var found = _api.Find(KubeResource.DeviceClasses, null, deviceClass);
        var expression = found?.ListAt("spec", "selectors")[0].GetProperty("cel").GetProperty("expression").GetString() ?? "";
        return expression.Split("kind == \"") is [_, var rest] ? rest.TrimEnd('"') : $"none, for want of a DeviceClass {deviceClass}";
    }

    // Consumable capacity: what is left of the first device of the node that has enough.
    private bool TryAllocate(string namespaceName, string name)
    {
        if (_api.Find(KubeResource.ResourceClaims, namespaceName, name) is not { } claim)
        {
            return false;
        }

        if (claim.At("status", "allocation") is not null)
        {
            return true;
        }

        var request = claim.ListAt("spec", "devices", "requests").Single();
        var exactly = request.GetProperty("exactly");
        var kind = KindOf(exactly.GetProperty("deviceClassName").GetString()!);
        var (unit, wanted) = ("slots", 1L);
        if (exactly.TryGetProperty("capacity", out var capacity))
        {
            unit = "epc";
            Assert.True(Quantity.TryReadWhole(capacity.GetProperty("requests").GetProperty(unit).GetString(), out wanted));
        }

        var consumed = _api.All(KubeResource.ResourceClaims).SelectMany(other => other.ListAt("status", "allocation", "devices", "results")).ToList();
        foreach (var device in _api.All(KubeResource.ResourceSlices).SelectMany(slice => slice.ListAt("spec", "devices"))
            .Where(device => device.GetProperty("attributes").GetProperty("kind").GetProperty("string").GetString() == kind))
        {
            var deviceName = device.GetProperty("name").GetString()!;
            var taken = consumed.Where(result => result.GetProperty("device").GetString() == deviceName)
                .Sum(result => long.Parse(result.GetProperty("consumedCapacity").GetProperty(unit).GetString()!, CultureInfo.InvariantCulture));
            Assert.True(Quantity.TryReadWhole(device.GetProperty("capacity").GetProperty(unit).GetProperty("value").GetString(), out var there));
            if (there - taken >= wanted)
            {
                SetStatus(KubeResource.ResourceClaims, namespaceName, name, Allocation(request, deviceName, name, unit, wanted));
                return true;
            }
        }

        return false;
    }

    private static JsonObject Allocation(JsonElement request, string device, string name, string unit, long wanted) => new()
    {
        ["allocation"] = new JsonObject
        {
            ["devices"] = new JsonObject
            {
                ["results"] = new JsonArray(new JsonObject
                {
                    ["request"] = request.GetProperty("name").GetString(),
                    ["driver"] = Driver,
                    ["pool"] = Node,
                    ["device"] = device,
                    ["shareID"] = $"share-{name}",
                    ["consumedCapacity"] = new JsonObject { [unit] = wanted.ToString(CultureInfo.InvariantCulture) },
                }),
            },
        },
    };

    private void SetPod(KubeObject pod, string phase, params (string Type, string Status, string Reason)[] conditions) =>
        SetStatus(KubeResource.Pods, pod.Namespace, pod.Name, new JsonObject { ["phase"] = phase, ["conditions"] = Conditions(conditions) });

    private void SetStatus(KubeResource resource, string? namespaceName, string name, JsonObject status)
    {
        if (_api.Find(resource, namespaceName, name)?.ToNode()["status"] is { } before && JsonNode.DeepEquals(before, status))
        {
            return;
        }

        _api.Change(resource, namespaceName, name, "cluster", existing => existing["status"] = status.DeepClone());
    }

    private bool IsToPlace(KubeObject pod) => !IsDaemon(pod) && Phase(pod) switch
    {
        "Running" or "Succeeded" => false,
        "Failed" => !IsOfJob(pod),                                         // refused by the kubelet: tried again, as its controller would
        _ => true,
    };

    // What a plugin may offer; the rest of what pods ask for is there in plenty.
    private static List<(string Resource, int Count)> Requests(KubeObject pod) =>
    [
        .. pod.ListAt("spec", "containers").SelectMany(container =>
            container.TryGetProperty("resources", out var resources) && resources.TryGetProperty("limits", out var limits)
                ? limits.EnumerateObject()
                    .Where(limit => ResourceFamily.TryFind(limit.Name, out _) || AccessResource.All.Contains(limit.Name))
                    .Select(limit => (limit.Name, Quantity.TryReadWhole(limit.Value.GetString(), out var count) ? checked((int)count) : 0))
                : []),
    ];

    private static string Phase(KubeObject pod) => pod.MapAt("status").GetValueOrDefault("phase", "Pending");

    private static JsonArray Conditions(params (string Type, string Status, string Reason)[] conditions) =>
    [
        .. conditions.Select(condition => (JsonNode)new JsonObject
        {
            ["type"] = condition.Type,
            ["status"] = condition.Status,
            ["reason"] = condition.Reason,
        }),
    ];
}
