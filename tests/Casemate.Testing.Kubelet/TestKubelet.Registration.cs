using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;

namespace Casemate.Testing.Kubelet;

/// <content>Registration, and the stream of lists.</content>
public sealed partial class TestKubelet
{
    private const string ApiVersion = "v1beta1";

    private static bool IsExtendedResource(string name) =>
        name.Split('/') is [var domain, var rest] && rest.Length is > 0 and <= 63 && domain.Length is > 0 and <= 253
        && domain.Contains('.', StringComparison.Ordinal) && domain != "kubernetes.io" && !domain.EndsWith(".kubernetes.io", StringComparison.Ordinal)
        && domain.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')
        && rest.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private async ValueTask<Empty> RegisterAsync(RegisterRequest request)
    {
        await _options.Before(KubeletStep.RegisterReceived, request.ResourceName);
        if (request.Version != ApiVersion)
        {
            throw new RpcException(RpcStatus.Unknown, $"requested API version \"{request.Version}\" is not supported by kubelet. Supported versions are [v1beta1]");
        }

        if (!IsExtendedResource(request.ResourceName))
        {
            throw new RpcException(RpcStatus.Unknown, $"the ResourceName \"{request.ResourceName}\" is invalid");
        }

        if (request.Endpoint.Contains('/', StringComparison.Ordinal) || request.Endpoint.Length == 0)
        {
            throw new RpcException(RpcStatus.Unknown, $"the endpoint \"{request.Endpoint}\" is no file name");
        }

        var client = new PluginClient(
            request.ResourceName, Path.Combine(_options.Directory, request.Endpoint), _options.MaxMessageBytes, _options.DialTimeout);
        try
        {
            // The plugin is called while it waits for this answer: one that serves only afterwards never registers.
            client.Options = await client.Rpc.CallAsync(
                KubeletMethods.GetDevicePluginOptions, new Empty(), DevicePluginOptions.Parser, _options.DialTimeout, CancellationToken.None);
        }
        catch (RpcException e)
        {
            await client.DisposeAsync();
            throw new RpcException(RpcStatus.Unknown, $"failed to dial device plugin: {e.Message}", e);
        }

        await _options.Before(KubeletStep.OptionsReceived, request.ResourceName);
        lock (_lock)
        {
            if (_stopped)
            {
                throw new RpcException(RpcStatus.Unavailable, "the kubelet stops");
            }

            var state = _resources.TryGetValue(request.ResourceName, out var known) ? known : _resources[request.ResourceName] = new ResourceState();
            state.Client = client;                                         // the old one, if any, is not closed
            state.Stopped = null;
            state.Registrations++;
            _streams.Add(Task.Run(() => ReadListsAsync(client)));
        }

        Pulse();
        return new Empty();
    }

    private async Task ReadListsAsync(PluginClient client)
    {
        try
        {
            await _options.Before(KubeletStep.Listing, client.Resource);
            lock (_lock)
            {
                var state = _resources[client.Resource];
                state.MostOpenStreams = Math.Max(state.MostOpenStreams, ++state.OpenStreams);
            }

            await foreach (var list in client.ListAsync())
            {
                Receive(client.Resource, list);
                await _options.Before(KubeletStep.Listed, client.Resource);
                Pulse();
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            client.End = e;
        }

        // The real one looks the plugin up by its resource's name, and so drops whichever is registered by now.
        PluginClient? dropped;
        lock (_lock)
        {
            var state = _resources[client.Resource];
            state.OpenStreams = Math.Max(0, state.OpenStreams - 1);
            state.LastEnd = client.End;
            dropped = state.Client;
            state.Client = null;
            state.Unhealthy.UnionWith(state.Healthy.Keys);
            state.Healthy = [];
            state.Stopped = _options.Time.GetUtcNow();
            if (!_stopped)
            {
                WriteCheckpoint();
            }
        }

        await client.DisposeAsync();
        if (dropped is not null)
        {
            await dropped.DisposeAsync();
        }

        Pulse();
    }

    // Two devices with one id are one device; every health but "Healthy" is unhealthy.
    private void Receive(string resource, ListAndWatchResponse list)
    {
        lock (_lock)
        {
            var state = _resources[resource];
            state.Healthy = [];
            state.Unhealthy = [];
            foreach (var device in list.Devices)
            {
                if (device.Health == "Healthy")
                {
                    state.Healthy[device.ID] = device.Topology?.Nodes is [var node, ..] ? (int)node.ID : null;
                    state.Unhealthy.Remove(device.ID);
                }
                else
                {
                    state.Unhealthy.Add(device.ID);
                    state.Healthy.Remove(device.ID);
                }
            }

            state.Lists++;
            WriteCheckpoint();
        }
    }
}
