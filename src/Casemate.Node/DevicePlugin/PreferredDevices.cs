namespace Casemate.Node.DevicePlugin;

/// <summary>
/// Which devices a container should have when the kubelet lets us choose: all of one NUMA node if one has enough, since an enclave whose
/// memory is on two nodes waits for the interconnect.
/// </summary>
internal static class PreferredDevices
{
    /// <summary>Chooses.</summary>
    /// <param name="list">The devices of the resource.</param>
    /// <param name="available">Indices to choose from, without repetitions, the ones of <paramref name="required"/> included.</param>
    /// <param name="required">Indices that must be chosen.</param>
    /// <param name="count">How many in all.</param>
    /// <returns>The choice, required ones first; null when there are not enough, or more are required than wanted.</returns>
    public static IReadOnlyList<int>? Choose(
        DeviceList list, IReadOnlyCollection<int> available, IReadOnlyCollection<int> required, int count)
    {
        var chosen = new List<int>(required);
        if (count < chosen.Count || available.Count < count)
        {
            return null;
        }

        var taken = required.ToHashSet();
        var free = list.Ranges.Select(_ => new List<int>()).ToArray();
        var banks = list.Ranges.Select((range, i) => (range, i)).ToDictionary(pair => pair.range.First, pair => pair.i);
        foreach (var index in available.Where(index => !taken.Contains(index)).Order())
        {
            free[banks[list.RangeOf(index).First]].Add(index);
        }

        // Where devices are held already goes first; then the smallest bank with enough, so that large ones stay whole; then the largest.
        var homes = required.Select(index => banks[list.RangeOf(index).First]).ToHashSet();
        while (chosen.Count < count)
        {
            var wanted = count - chosen.Count;
            var candidates = Enumerable.Range(0, free.Length).Where(i => free[i].Count > 0).ToList();
            if (candidates.Count == 0)
            {
                return null;
            }

            var bank = candidates
                .OrderByDescending(i => homes.Contains(i))
                .ThenByDescending(i => free[i].Count >= wanted)
                .ThenBy(i => free[i].Count >= wanted ? free[i].Count : -free[i].Count)
                .First();
            var take = Math.Min(wanted, free[bank].Count);
            chosen.AddRange(free[bank].Take(take));
            free[bank].RemoveRange(0, take);
            homes.Remove(bank);
        }

        return chosen;
    }
}
