using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Kubelet.PodResources;

namespace Casemate.Testing.Kubelet;

/// <content>Admission of containers, and what is told about them.</content>
public sealed partial class TestKubelet
{
    private readonly Dictionary<(ContainerName Container, string Resource), Holding> _holdings = [];

    /// <summary>
    /// Starts a container that asks for devices, or starts it again: then it keeps its devices, and the plugin is not asked.
    /// </summary>
    /// <returns>What the runtime gets: the answers for all resources, merged.</returns>
    /// <exception cref="AdmissionException">The pod is not admitted.</exception>
    public async Task<ContainerAllocateResponse> AdmitAsync(ContainerName container, params (string Resource, int Count)[] requests)
    {
        var merged = new ContainerAllocateResponse();
        foreach (var (resource, count) in requests)
        {
            Merge(merged, await AdmitAsync(container, resource, count));
        }

        return merged;
    }

    /// <summary>Devices that a container holds.</summary>
    public IReadOnlyCollection<string> Devices(ContainerName container, string resource)
    {
        lock (_lock)
        {
            return _holdings.TryGetValue((container, resource), out var holding) ? holding.Devices : [];
        }
    }

    /// <summary>A pod has ended and is gone; its devices are free.</summary>
    public void Remove(string @namespace, string pod)
    {
        lock (_lock)
        {
            foreach (var key in _holdings.Keys.Where(key => key.Container.Namespace == @namespace && key.Container.Pod == pod).ToList())
            {
                _holdings.Remove(key);
            }

            WriteCheckpoint();
        }

        Pulse();
    }

    private async Task<ContainerAllocateResponse> AdmitAsync(ContainerName container, string resource, int count)
    {
        PluginClient client;
        List<string> available;
        lock (_lock)
        {
            var state = _resources.GetValueOrDefault(resource) ?? throw new AdmissionException($"unknown resource {resource}");
            if (_holdings.TryGetValue((container, resource), out var held))
            {
                if (state.Healthy.Count == 0)
                {
                    throw new AdmissionException($"no healthy devices present; cannot allocate unhealthy devices {resource}");
                }

                return held.Devices.All(state.Healthy.ContainsKey)
                    ? held.Answer
                    : throw new AdmissionException($"previously allocated devices are no longer healthy; cannot allocate unhealthy devices {resource}");
            }

            var inUse = _holdings.Where(entry => entry.Key.Resource == resource).SelectMany(entry => entry.Value.Devices).ToHashSet();
            available = [.. state.Healthy.Keys.Where(id => !inUse.Contains(id))];
            if (available.Count < count)
            {
                throw new AdmissionException($"requested number of devices unavailable for {resource}. Requested: {count}, Available: {available.Count}");
            }

            client = state.Client ?? throw new AdmissionException($"endpoint not found in cache for a registered resource: {resource}");
            var shuffled = available.ToArray();
            _random.Shuffle(shuffled);
            available = [.. shuffled];
        }

        try
        {
            var devices = await ChooseAsync(client, available, count);
            await _options.Before(KubeletStep.Allocating, resource);
            var answer = await client.Rpc.CallAsync(
                KubeletMethods.Allocate,
                new AllocateRequest { ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { devices } } } },
                AllocateResponse.Parser, null, CancellationToken.None);
            await _options.Before(KubeletStep.Allocated, resource);
            if (answer.ContainerResponses.Count == 0)
            {
                throw new AdmissionException($"no containers return in allocation response for {resource}");
            }

            lock (_lock)
            {
                _holdings[(container, resource)] = new Holding(devices, answer.ContainerResponses[0]);
                WriteCheckpoint();
            }

            Pulse();
            return answer.ContainerResponses[0];
        }
        catch (Exception e) when (e is RpcException or ObjectDisposedException)
        {
            throw new AdmissionException($"Allocate failed due to rpc error: {e.Message}", e);
        }
    }

    // At random, unless the plugin has a wish; what it wishes and is not available is passed over.
    private static async Task<List<string>> ChooseAsync(PluginClient client, List<string> available, int count)
    {
        if (!client.Options.GetPreferredAllocationAvailable)
        {
            return available.GetRange(0, count);
        }

        var answer = await client.Rpc.CallAsync(
            KubeletMethods.GetPreferredAllocation,
            new PreferredAllocationRequest
            {
                ContainerRequests = { new ContainerPreferredAllocationRequest { AvailableDeviceIDs = { available }, AllocationSize = count } },
            },
            PreferredAllocationResponse.Parser, null, CancellationToken.None);
        var wish = answer.ContainerResponses.FirstOrDefault()?.DeviceIDs.Distinct().Where(available.Contains).Take(count).ToList() ?? [];
        return [.. wish, .. available.Except(wish).Take(count - wish.Count)];
    }

    // As the kubelet does: the first answer for a path wins.
    private static void Merge(ContainerAllocateResponse into, ContainerAllocateResponse answer)
    {
        foreach (var (name, value) in answer.Envs)
        {
            into.Envs[name] = value;
        }

        foreach (var (name, value) in answer.Annotations)
        {
            into.Annotations[name] = value;
        }

        into.Mounts.AddRange(answer.Mounts.Where(mount => into.Mounts.All(known => known.ContainerPath != mount.ContainerPath)));
        into.Devices.AddRange(answer.Devices.Where(device => into.Devices.All(known => known.ContainerPath != device.ContainerPath)));
        into.CdiDevices.AddRange(answer.CdiDevices.Where(device => into.CdiDevices.All(known => known.Name != device.Name)));
    }

    // Devices of each NUMA node by themselves.
    private ListPodResourcesResponse ListPods()
    {
        lock (_lock)
        {
            var answer = new ListPodResourcesResponse();
            foreach (var pod in _holdings.GroupBy(entry => (entry.Key.Container.Namespace, entry.Key.Container.Pod)))
            {
                var listed = new Rpc.Kubelet.PodResources.PodResources { Namespace = pod.Key.Namespace, Name = pod.Key.Pod };
                foreach (var container in pod.GroupBy(entry => entry.Key.Container.Container))
                {
                    var resources = new ContainerResources { Name = container.Key };
                    foreach (var (key, holding) in container)
                    {
                        var healthy = _resources.GetValueOrDefault(key.Resource)?.Healthy ?? [];
                        foreach (var bank in holding.Devices.GroupBy(id => healthy.GetValueOrDefault(id)))
                        {
                            resources.Devices.Add(Listed(key.Resource, bank, bank.Key));
                        }
                    }

                    listed.Containers.Add(resources);
                }

                answer.PodResources.Add(listed);
            }

            return answer;
        }
    }

    private AllocatableResourcesResponse ListAllocatable()
    {
        lock (_lock)
        {
            var answer = new AllocatableResourcesResponse();
            foreach (var (resource, state) in _resources)
            {
                answer.Devices.AddRange(state.Healthy.Select(device => Listed(resource, [device.Key], device.Value)));
            }

            return answer;
        }
    }

    private static ContainerDevices Listed(string resource, IEnumerable<string> ids, int? numa) => new()
    {
        ResourceName = resource,
        DeviceIds = { ids },
        Topology = numa is { } node ? new Rpc.Kubelet.PodResources.TopologyInfo { Nodes = { new Rpc.Kubelet.PodResources.NUMANode { ID = node } } } : null,
    };

    private sealed record Holding(IReadOnlyCollection<string> Devices, ContainerAllocateResponse Answer);
}
