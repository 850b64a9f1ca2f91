using System.Collections.Immutable;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Ledger;
using Casemate.Node.Resources;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet.PodResources;

namespace Casemate.Node.DevicePlugin;

/// <content>Keeps in step with the kubelet: what containers hold, what it offers, what can be swept away.</content>
internal sealed partial class DevicePluginAgent
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan AllocatePatience = TimeSpan.FromMilliseconds(80);     // of the 100 ms for the whole answer
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestCheckInterval = TimeSpan.FromSeconds(5);     // a part of the patience below
    private static readonly TimeSpan AdvertisePatience = TimeSpan.FromSeconds(30);

    private const double DueShare = 0.75;                                  // of an interval

    private readonly SemaphoreSlim _reconciling = new(1);
    private readonly CheckPace _pace = new(CheckInterval, LongestCheckInterval);
    private readonly Dictionary<string, long> _unadvertisedSince = new(StringComparer.Ordinal);
    // Names that the kubelet does not offer, of which the operator was told. Read by whoever asks for readiness.
    private volatile ImmutableHashSet<string> _complained = ImmutableHashSet.Create<string>(StringComparer.Ordinal);
    private FileStamp? _reconciledKubelet;
    private long _reconciledAt;
    private bool _hasListed;
    private bool _podResourcesFailed;
    private bool _wasOvercommitted;
    private string? _sweepProblem;
    private bool? _kubeletWasThere;
    private Task<KubeletList>? _firstList;

    /// <summary>Begins to ask the kubelet what containers hold: its answer comes while the hardware is looked at.</summary>
    public void AskKubelet()
    {
        if (_podResources is { Exists: true })
        {
            _firstList = Task.Run(() => ListAsync(_stopping.Token), CancellationToken.None);
        }
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            var change = _context.Directory.NextChange;
            var published = NextChange;
            if (IsReconcileDue())
            {
                await ReconcileAsync(stopping).ConfigureAwait(false);
                await AskAdvertisedAsync(stopping).ConfigureAwait(false);      // what was offered may be so no longer
                Sweep();
                await RetryDeferredAsync(stopping).ConfigureAwait(false);
            }

            await CheckAdvertisedAsync(stopping).ConfigureAwait(false);
            NoteKubelet();
            _progressed();
            await WaitAsync(Task.WhenAny(change, published), stopping).ConfigureAwait(false);
        }
    }

    // While something is not as it should be, soon; otherwise with the directory's changes and its interval.
    private async Task WaitAsync(Task change, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var hurry = !IsReady || (_podResources is not null && _unadvertisedSince.Count > 0);
        var wait = _pace.After(hurry ? WhatIsOffered() : null);
        await Task.WhenAny(change, Task.Delay(hurry ? wait : Timeout.InfiniteTimeSpan, _time, either.Token)).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        stopping.ThrowIfCancellationRequested();
    }

    // Null while more is wrong than what the kubelet offers: the account, or a list that it does not have yet.
    private string? WhatIsOffered() => _context.Book.IsReady && _plugins.Values.All(plugin => plugin.IsListed)
        ? string.Join('\n', _plugins.Values.OrderBy(plugin => plugin.Name, StringComparer.Ordinal).Select(plugin =>
            $"{plugin.Name} {plugin.Registrations} {plugin.List.HealthyCount} {_advertised.GetValueOrDefault(plugin.Name, -1)}"))
        : null;

    // The directory says each interval that it is time, give or take what a timer and the question before it take.
    private bool IsReconcileDue() =>
        !_context.Book.IsReady || _context.Directory.Kubelet != _reconciledKubelet
        || _time.GetElapsedTime(_reconciledAt) >= _options.DevicePlugin.PollInterval * DueShare;

    private async ValueTask EnsureLedgerAsync(CancellationToken cancellationToken)
    {
        if (_context.Book.IsReady)
        {
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AllocatePatience);
        try
        {
            await ReconcileAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;                                                        // the ledger refuses, and says why
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        await _reconciling.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var kubelet = _context.Directory.Kubelet;
            if (_podResources is null)
            {
                Take(null, kubelet, asked: null);
                return;
            }

            if (!_podResources.Exists)
            {
                // Without a kubelet there is nobody to give to. With one, it alone says who holds what, and it gives no device twice.
                if (kubelet is not null)
                {
                    Complain("there is no such socket");
                    Take(null, kubelet, asked: null);
                }

                return;
            }

            var listing = Interlocked.Exchange(ref _firstList, null) ?? ListAsync(cancellationToken);
            var (list, kubeletAsked, asked) = await listing.WaitAsync(cancellationToken).ConfigureAwait(false);
            Take(list, kubeletAsked, asked);
            if (_podResourcesFailed)
            {
                DevicePluginLog.PodResourcesAgain(_logger, _options.DevicePlugin.PodResourcesSocket!);
                _podResourcesFailed = false;
            }
        }
        catch (RpcException e)
        {
            Complain(e.Message);
        }
        finally
        {
            _reconciling.Release();
        }
    }

    private async Task<KubeletList> ListAsync(CancellationToken cancellationToken)
    {
        var (kubelet, asked) = (_context.Directory.Kubelet, _time.GetTimestamp());
        return new KubeletList(await _podResources!.ListAsync(cancellationToken).ConfigureAwait(false), kubelet, asked);
    }

    private void Take(ListPodResourcesResponse? list, FileStamp? kubelet, long? asked)
    {
        var first = !_context.Book.IsReady;
        var usage = _context.Book.Reconcile(list, NumaOf, asked);
        _hasListed |= list is not null;
        if (list is not null)
        {
            _containersListed = ContainerAmounts.Of(list, usage.Uses);
        }

        if (kubelet != _reconciledKubelet)
        {
            _advertised.Clear();                                           // what another kubelet offered says nothing
        }

        (_reconciledKubelet, _reconciledAt) = (kubelet, asked ?? _time.GetTimestamp());
        if (first)
        {
            DevicePluginLog.Rebuilt(_logger, usage.UsedBytes, usage.CapacityBytes);
        }

        NoteUsage(usage);
    }

    // Told here as well, for nodes without a Node object to have it as a condition.
    private void NoteUsage(EpcUsage usage)
    {
        var overcommitment = usage.Overcommitment;
        if (overcommitment is not null && !_wasOvercommitted)
        {
            DevicePluginLog.Overcommitted(_logger, overcommitment.TrimEnd('.'));
        }
        else if (overcommitment is null && _wasOvercommitted)
        {
            DevicePluginLog.WithinCapacity(_logger, usage.UsedBytes, usage.CapacityBytes);
        }

        _wasOvercommitted = overcommitment is not null;
    }

    private int? NumaOf(string resource, int index) =>
        _plugins.TryGetValue(resource, out var plugin) && index < plugin.List.Count ? plugin.List.RangeOf(index).Numa : null;

    private void Complain(string problem)
    {
        if (!_podResourcesFailed)
        {
            DevicePluginLog.NoPodResources(_logger, _options.DevicePlugin.PodResourcesSocket!, problem.TrimEnd('.'));
        }

        _podResourcesFailed = true;
    }

    // After a restart with other settings: pods may hold what an earlier process offered.
    private async Task<AdvertisementPlan?> FormerPlanAsync(
        NodeHardware hardware, AdvertisementPlan next, CancellationToken cancellationToken)
    {
        if (_podResources is not { Exists: true })
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StartPatience);
        try
        {
            await ReconcileAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        var held = ResourceFamily.All.FirstOrDefault(family => _context.Book.IsHeld(family.Name));
        if (held is null || (next.FrontEnd is EpcFrontEnd.OneDevicePerMib && next.Family?.Name == held.Name))
        {
            return null;
        }

        var former = AdvertisementPlan.Make(hardware, _options.Advertisement with
        {
            Dra = false,
            Family = held,
            EpcDeviceLimitMiB = AdvertisementSettings.HighestDeviceLimitMiB,
        });
        return former.FrontEnd is EpcFrontEnd.OneDevicePerMib ? former : null;
    }

    private async Task RetryDeferredAsync(CancellationToken stopping)
    {
        if (_deferred is not null && !IsHeld(_plan!) && _lastHardware is { } hardware)
        {
            await ApplyAsync(hardware, _leakedBytes, stopping).ConfigureAwait(false);
        }
    }

    private async Task CheckAdvertisedAsync(CancellationToken stopping)
    {
        foreach (var gone in _unadvertisedSince.Keys.Where(name => !_plugins.ContainsKey(name)).ToList())
        {
            _unadvertisedSince.Remove(gone);
            _complained = _complained.Remove(gone);
        }

        foreach (var plugin in _plugins.Values)
        {
            if (IsAdvertised(plugin))
            {
                _unadvertisedSince.Remove(plugin.Name);
                if (_complained.Contains(plugin.Name) && plugin.IsListed)
                {
                    DevicePluginLog.AdvertisedAgain(_logger, plugin.Name, plugin.List.HealthyCount);
                }

                _complained = _complained.Remove(plugin.Name);
            }
            else
            {
                _unadvertisedSince.TryAdd(plugin.Name, _time.GetTimestamp());
            }
        }

        if (_unadvertisedSince.Count == 0)
        {
            return;
        }

        await AskAdvertisedAsync(stopping).ConfigureAwait(false);
        foreach (var (name, since) in _unadvertisedSince.ToList())
        {
            if (_plugins.TryGetValue(name, out var plugin) && !IsAdvertised(plugin)
                && (!plugin.List.AlwaysFits || _time.GetElapsedTime(since) >= AdvertisePatience))
            {
                if (!_complained.Contains(name))
                {
                    _complained = _complained.Add(name);
                    ComplainOf(plugin);
                }

                if (plugin is { IsListed: true, List.AlwaysFits: true } && _advertised.GetValueOrDefault(name, -1) == 0)
                {
                    plugin.RegisterAgain();
                    _pace.Restart();
                    _unadvertisedSince[name] = _time.GetTimestamp();       // and again after as long
                }
            }
        }
    }

    // A list that the kubelet does not have is as bad as one that it does not offer: only without a kubelet is nobody to blame.
    private bool IsAdvertised(ResourcePlugin plugin) =>
        plugin.List.HealthyCount == 0 || _context.Directory.Kubelet is null
        || (plugin.IsListed && plugin.List.HealthyCount == _advertised.GetValueOrDefault(plugin.Name));

    // Known to be so, for a while: a kubelet that cannot be asked says nothing about it.
    private bool IsNotOffered(string name) => _complained.Contains(name) && _advertised.ContainsKey(name);

    private void ComplainOf(ResourcePlugin plugin)
    {
        var advertised = plugin.IsListed ? _advertised.GetValueOrDefault(plugin.Name) : 0;
        DevicePluginLog.NotAdvertised(
            _logger, plugin.Name, advertised, plugin.List.HealthyCount, plugin.List.WorstSize, DeviceListSize.Limit);
        Notify(
            "EPCNotAdvertised",
            plugin.List.AlwaysFits
                ? $"The kubelet offers {advertised} of {plugin.Name}, {plugin.List.HealthyCount} are expected; "
                    + "look into its log for ListAndWatch."
                : $"{plugin.Name} is not offered: its list of {plugin.List.Count} devices can take {plugin.List.WorstSize} bytes, of which "
                    + $"the kubelet takes {DeviceListSize.Limit}; lower epc-device-limit-mib.");
    }

    private async Task AskAdvertisedAsync(CancellationToken stopping)
    {
        if (_podResources is not { Exists: true })
        {
            return;
        }

        try
        {
            var counts = await _podResources.CountAllocatableAsync([.. _plugins.Keys], stopping).ConfigureAwait(false);
            foreach (var name in _plugins.Keys)
            {
                _advertised[name] = counts.GetValueOrDefault(name);
            }
        }
        catch (RpcException e)
        {
            Complain(e.Message);
        }
    }

    // Whether there is anybody to register with, told at each change.
    private void NoteKubelet()
    {
        var isThere = _context.Directory.Kubelet is not null;
        if (isThere == _kubeletWasThere || _plugins.IsEmpty)
        {
            return;
        }

        _kubeletWasThere = isThere;
        if (isThere)
        {
            DevicePluginLog.KubeletThere(_logger, _context.Directory.KubeletSocket);
        }
        else
        {
            DevicePluginLog.NoKubelet(_logger, _context.Directory.KubeletSocket);
        }
    }

    // Only what the kubelet was asked about: without its list nobody knows what is in use.
    private void Sweep()
    {
        if (_options.DevicePlugin.AesmAllocations is not { } root || !_hasListed)
        {
            return;
        }

        var problem = Try(() =>
        {
            if (Directory.Exists(root))
            {
                SweepAll(root);
            }
        });
        if (problem is not null && problem != _sweepProblem)
        {
            DevicePluginLog.NotSwept(_logger, root, problem);
        }

        _sweepProblem = problem;
    }

    // One that cannot be removed keeps none of the others; the last of them is told.
    private void SweepAll(string root)
    {
        Exception? failure = null;
        foreach (var directory in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            var id = Path.GetFileName(directory);
            var age = _time.GetUtcNow() - Directory.GetLastWriteTimeUtc(directory);
            if (!IsAllocationId(id) || _context.Book.IsLive(id) || age <= _options.DevicePlugin.SweepGrace)
            {
                continue;
            }

            try
            {
                Directory.Delete(directory, recursive: true);
                DevicePluginLog.Swept(_logger, id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failure = e;
            }
        }

        if (failure is not null)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    private static bool IsAllocationId(string name) => name.Length == 32 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>What the kubelet says that containers hold.</summary>
    /// <param name="Pods">Its list.</param>
    /// <param name="Kubelet">Which kubelet was there before it was asked.</param>
    /// <param name="Asked">When it was asked.</param>
    private sealed record KubeletList(ListPodResourcesResponse Pods, FileStamp? Kubelet, long Asked);
}
