using Casemate.Node.Resources;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;

namespace Casemate.Node.DevicePlugin;

/// <content>What the kubelet calls.</content>
internal sealed partial class ResourcePlugin
{
    private const int MaximumId = 63;
    private const int MaximumRequest = 4 * 1024 * 1024;                    // all 262,144 ids twice, to choose from, are 2.6 MB

    private IReadOnlyList<RpcMethod> MethodsFor(StreamGate streams) =>
    [
        RpcMethod.Unary<Empty, DevicePluginOptions>(
            KubeletMethods.GetDevicePluginOptions, Empty.Parser, (_, _) => ValueTask.FromResult(Options())),
        RpcMethod.ServerStream<Empty, ListAndWatchResponse>(
            KubeletMethods.ListAndWatch, Empty.Parser,
            (_, stream, context) => streams.RunAsync(token => ListAsync(stream, streams, token), context.CancellationToken)),
        RpcMethod.Unary<PreferredAllocationRequest, PreferredAllocationResponse>(
            KubeletMethods.GetPreferredAllocation, PreferredAllocationRequest.Parser,
            (request, _) => ValueTask.FromResult(Prefer(request))),
        RpcMethod.Unary<AllocateRequest, AllocateResponse>(
            KubeletMethods.Allocate, AllocateRequest.Parser, (request, context) => AllocateAsync(request, context.CancellationToken)),
        RpcMethod.Unary<PreStartContainerRequest, PreStartContainerResponse>(
            KubeletMethods.PreStartContainer, PreStartContainerRequest.Parser,
            (_, _) => ValueTask.FromResult(new PreStartContainerResponse())),
    ];

    // A preferred choice costs the kubelet a message with the whole list, so only where there is something to choose between.
    private DevicePluginOptions Options() => new() { GetPreferredAllocationAvailable = List.Ranges.Length > 1 };

    private async Task ListAsync(IRpcStream<ListAndWatchResponse> stream, StreamGate streams, CancellationToken cancellationToken)
    {
        DeviceList? sent = null;
        while (true)
        {
            var (list, next) = _published.Read();
            if (!list.IsSame(sent))
            {
                await SendAsync(stream, list, cancellationToken).ConfigureAwait(false);
                sent = list;
                streams.NoteListed();
                DevicePluginLog.Listed(_logger, Name, list.Count, list.HealthyCount, list.Size);
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    // A peer that does not read has no list: better to register again than to wait for it.
    private async Task SendAsync(IRpcStream<ListAndWatchResponse> stream, DeviceList list, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(StreamTimeout, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await stream.WriteEncodedAsync(new DeviceListMessage(list), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(
                RpcStatus.DeadlineExceeded, $"The list of {Name} was not read within {StreamTimeout.TotalSeconds:0} s.");
        }
    }

    internal PreferredAllocationResponse Prefer(PreferredAllocationRequest request)
    {
        var list = List;
        var answer = new PreferredAllocationResponse();
        foreach (var container in request.ContainerRequests)
        {
            var available = Known(list, container.AvailableDeviceIDs);
            var required = Known(list, container.MustIncludeDeviceIDs);
            available.UnionWith(required);
            var chosen = PreferredDevices.Choose(list, available, required, container.AllocationSize)
                ?? throw new RpcException(
                    RpcStatus.InvalidArgument,
                    $"{container.AllocationSize} devices of {Name} cannot be chosen from {available.Count}, "
                        + $"of which {required.Count} are required.");
            answer.ContainerResponses.Add(
                new ContainerPreferredAllocationResponse { DeviceIDs = { chosen.Select(EpcDeviceIds.Of) } });
        }

        return answer;
    }

    private HashSet<int> Known(DeviceList list, IReadOnlyCollection<string> ids)
    {
        var known = new HashSet<int>(ids.Count);
        foreach (var id in ids)
        {
            known.Add(list.TryFind(id, out var index) ? index : throw Unknown(id));
        }

        return known;
    }

    internal async ValueTask<AllocateResponse> AllocateAsync(AllocateRequest request, CancellationToken cancellationToken)
    {
        var start = _context.Time.GetTimestamp();
        var given = new List<Allocation>(request.ContainerRequests.Count);
        try
        {
            await _context.EnsureLedgerAsync(cancellationToken).ConfigureAwait(false);
            var answer = new AllocateResponse();
            var named = new HashSet<int>();
            foreach (var container in request.ContainerRequests)
            {
                var allocation = Read(container.DevicesIds);
                if (!allocation.Devices.All(named.Add))
                {
                    throw new RpcException(RpcStatus.InvalidArgument, $"The request names a device of {Name} for two containers.");
                }

                Give(allocation);
                given.Add(allocation);
                answer.ContainerResponses.Add(_context.Grants.Make(Kind, _context.Sgx, allocation));
            }

            _context.Metrics.CountAllocation(Name, succeeded: true);
            foreach (var allocation in given)
            {
                DevicePluginLog.Allocated(
                    _logger, Name, allocation.Id, allocation.Devices.Count, allocation.Bytes,
                    _context.Time.GetElapsedTime(start).TotalMilliseconds);
            }

            return answer;
        }
        catch (RpcException e)
        {
            given.ForEach(_context.Book.TakeBack);
            _context.Metrics.CountAllocation(Name, succeeded: false);
            DevicePluginLog.NotAllocated(_logger, Name, e.Detail);
            throw;
        }
    }

    private Allocation Read(IReadOnlyCollection<string> ids)
    {
        var list = List;
        if (ids.Count == 0)
        {
            throw new RpcException(RpcStatus.InvalidArgument, $"The request names no device of {Name}.");
        }

        var indices = Known(list, ids);
        if (indices.Count != ids.Count)
        {
            throw new RpcException(RpcStatus.InvalidArgument, $"The request names a device of {Name} twice.");
        }

        foreach (var index in indices)
        {
            if (!list.IsHealthy(index))
            {
                throw new RpcException(
                    RpcStatus.FailedPrecondition, $"Device {EpcDeviceIds.Of(index)} of {Name} is not there any more: it is unhealthy.");
            }
        }

        return Allocation.Of(Name, indices, GranuleBytes, index => list.RangeOf(index).Numa);
    }

    private void Give(Allocation allocation)
    {
        if (Kind is (ResourceKind.Enclave or ResourceKind.Scone) && _context.Ledger.Usage().Overcommitment is { } sentence)
        {
            throw new RpcException(RpcStatus.ResourceExhausted, sentence);
        }

        if (!_context.Book.TryGive(allocation, out var refusal))
        {
            throw new RpcException(
                refusal.Reason is Ledger.EpcRefusalReason.NotReady ? RpcStatus.Unavailable : RpcStatus.ResourceExhausted, refusal.Message);
        }
    }

    private RpcException Unknown(string id) =>
        new(RpcStatus.InvalidArgument, $"{Name} has no device '{(id.Length <= MaximumId ? id : id[..MaximumId] + "…")}'.");
}
