using System.Diagnostics.CodeAnalysis;
using Casemate.Kubernetes;
using Casemate.Node.Ledger;
using Casemate.Node.Resources;
using Casemate.Rpc.Kubelet.PodResources;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// Who holds which devices: what the kubelet lists, and what was given since and is not in its list yet. Keeps the ledger in step.
/// Thread-safe.
/// </summary>
internal sealed partial class AllocationBook(EpcLedger ledger, TimeSpan grace, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // Whose a device is: an entry's name. However many containers the kubelet lists, each is looked up once.
    private readonly Dictionary<(string Resource, int Device), string> _holders = [];
    private IReadOnlyList<EpcUse> _others = [];

    /// <summary>The resources whose devices are in the account.</summary>
    public static IReadOnlyList<string> Resources { get; } =
        [.. ResourceFamily.All.Where(family => family.Unit is EpcUnit.MiB).Select(family => family.Name), .. AccessResource.All];

    /// <summary>True after the first <see cref="Reconcile"/>.</summary>
    public bool IsReady { get; private set; }

    /// <summary>
    /// Gives devices to a container, or says why not. Devices that another held are taken from it: the kubelet knows best.
    /// </summary>
    public bool TryGive(Allocation allocation, [NotNullWhen(false)] out EpcRefusal? refusal)
    {
        lock (_lock)
        {
            refusal = null;
            ForgetOverlapping(allocation);

            // The same devices once more, but of other NUMA nodes than were known when they were first listed: counted once.
            if (_entries.TryGetValue(allocation.Id, out var before) && !before.Allocation.Uses.SequenceEqual(allocation.Uses))
            {
                Drop(before.Allocation);
                Release(before.Allocation);
            }

            foreach (var use in allocation.Uses)
            {
                if (!ledger.TryReserve(use, out refusal))
                {
                    Release(allocation);
                    return false;
                }
            }

            Put(new Entry(allocation, time.GetTimestamp(), IsGiven: true));
            return true;
        }
    }

    /// <summary>Takes back what was just given, when the answer could not be made.</summary>
    public void TakeBack(Allocation allocation)
    {
        lock (_lock)
        {
            Drop(allocation);
            Release(allocation);
        }
    }

    /// <summary>True when a container holds devices of a resource.</summary>
    public bool IsHeld(string resource)
    {
        lock (_lock)
        {
            return _entries.Values.Any(entry => entry.Allocation.Resource == resource);
        }
    }

    /// <summary>True when an allocation is live, or was until a moment ago.</summary>
    public bool IsLive(string id)
    {
        lock (_lock)
        {
            return _entries.ContainsKey(id);
        }
    }

    /// <summary>EPC that is held by others than containers with devices: pods whose EPC is a number in the node's status, claims.</summary>
    public void SetOthers(IReadOnlyList<EpcUse> uses)
    {
        lock (_lock)
        {
            _others = uses;
            Rebuild();
        }
    }

    /// <summary>
    /// Takes over what the kubelet lists. What was given after the list was asked for is newer than the list, which can still name the
    /// container that had the devices before: it stays.
    /// </summary>
    /// <param name="list">The kubelet's list; null when there is no way to have one: what was given so far is all that is known.</param>
    /// <param name="numaOf">The NUMA node of a device of a resource.</param>
    /// <param name="asked">When the list was asked for: a timestamp of the book's clock. Null: just now.</param>
    /// <returns>The account afterwards.</returns>
    public EpcUsage Reconcile(ListPodResourcesResponse? list, Func<string, int, int?> numaOf, long? asked = null)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            foreach (var allocation in list is null ? [] : Listed(list, numaOf))
            {
                if (asked is { } since && IsNewer(allocation, since))
                {
                    continue;
                }

                ForgetOverlapping(allocation);
                Put(new Entry(allocation, now, IsGiven: false));
            }

            if (list is not null)
            {
                foreach (var entry in _entries.Values.Where(entry => time.GetElapsedTime(entry.Seen, now) > grace).ToList())
                {
                    Drop(entry.Allocation);
                }
            }

            IsReady = true;
            return Rebuild();
        }
    }

    private static IEnumerable<Allocation> Listed(ListPodResourcesResponse list, Func<string, int, int?> numaOf)
    {
        foreach (var container in list.PodResources.SelectMany(pod => pod.Containers))
        {
            // The kubelet lists the devices of each NUMA node by themselves.
            foreach (var resource in container.Devices.GroupBy(devices => devices.ResourceName))
            {
                if (!IsOurs(resource.Key, out var granule))
                {
                    continue;
                }

                var indices = new HashSet<int>();
                foreach (var id in resource.SelectMany(devices => devices.DeviceIds))
                {
                    if (EpcDeviceIds.TryRead(id, out var index))
                    {
                        indices.Add(index);
                    }
                }

                if (indices.Count > 0)
                {
                    yield return Allocation.Of(resource.Key, indices, granule, index => numaOf(resource.Key, index));
                }
            }
        }
    }

    private static bool IsOurs(string resource, out long granule)
    {
        granule = ResourceFamily.All.FirstOrDefault(family => family.Name == resource && family.Unit is EpcUnit.MiB)?.UnitBytes ?? 0;
        return Resources.Contains(resource, StringComparer.Ordinal);
    }

    private EpcUsage Rebuild()
    {
        var uses = _entries.Values.SelectMany(entry => entry.Allocation.Uses).Concat(_claims.Values.SelectMany(claim => claim)).Concat(_others);
        return IsReady ? ledger.Rebuild(uses) : ledger.Usage();
    }

    // Within one tick of the clock the list is taken for the older one: what is given twice is the worse mistake.
    private bool IsNewer(Allocation listed, long asked) => Holders(listed).Any(entry => entry.IsGiven && entry.Seen >= asked);

    // The kubelet frees a container's devices all at once, so a single device that it gives anew says that the whole was freed.
    private void ForgetOverlapping(Allocation allocation)
    {
        foreach (var entry in Holders(allocation).Where(entry => entry.Allocation.Id != allocation.Id).ToList())
        {
            Drop(entry.Allocation);
            Release(entry.Allocation);
        }
    }

    // Each that has one of its devices, itself among them.
    private IEnumerable<Entry> Holders(Allocation allocation) => allocation.Devices
        .Select(device => _holders.GetValueOrDefault((allocation.Resource, device))).OfType<string>()
        .Distinct(StringComparer.Ordinal).Select(id => _entries[id]);

    private void Put(Entry entry)
    {
        _entries[entry.Allocation.Id] = entry;
        foreach (var device in entry.Allocation.Devices)
        {
            _holders[(entry.Allocation.Resource, device)] = entry.Allocation.Id;
        }
    }

    private void Drop(Allocation allocation)
    {
        if (!_entries.Remove(allocation.Id))
        {
            return;
        }

        foreach (var device in allocation.Devices)
        {
            _holders.Remove((allocation.Resource, device));
        }
    }

    private void Release(Allocation allocation)
    {
        foreach (var use in allocation.Uses)
        {
            ledger.Release(use.Holder);
        }
    }

    // When it was given or listed last, of the clock that nobody sets.
    private readonly record struct Entry(Allocation Allocation, long Seen, bool IsGiven);
}
