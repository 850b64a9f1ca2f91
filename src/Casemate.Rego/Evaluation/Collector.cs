namespace Casemate.Rego.Evaluation;

/// <summary>Gathers the members of a collection while bodies run.</summary>
internal sealed class Collector
{
    private List<RegoValue>? _items;
    private HashSet<RegoValue>? _members;
    private Dictionary<RegoValue, object>? _map;

    public int Count => (_items?.Count ?? 0) + (_members?.Count ?? 0) + (_map?.Count ?? 0);

    public void AddItem(RegoValue value) => (_items ??= []).Add(value);

    public void AddMember(RegoValue value) => (_members ??= []).Add(value);

    /// <summary>Adds a member of an object; false when the key has another value already.</summary>
    public bool AddPair(RegoValue key, RegoValue value)
    {
        _map ??= [];
        if (_map.TryAdd(key, value))
        {
            return true;
        }

        return _map[key] is RegoValue existing && existing.Equals(value);
    }

    /// <summary>Adds a value below keys, or a member to the set there; false when something else is there already.</summary>
    public bool AddBelow(ReadOnlySpan<RegoValue> keys, RegoValue value, bool isMember)
    {
        var collector = this;
        for (var i = 0; i < keys.Length - (isMember ? 0 : 1); i++)
        {
            collector._map ??= [];
            if (!collector._map.TryGetValue(keys[i], out var below))
            {
                collector._map[keys[i]] = below = new Collector();
            }

            if (below is not Collector next)
            {
                return false;
            }

            collector = next;
        }

        if (!isMember)
        {
            return collector._members is null && collector.AddPair(keys[^1], value);
        }

        if (collector._map is not null)
        {
            return false;
        }

        collector.AddMember(value);
        return true;
    }

    public RegoArray ToArray() => _items is null ? RegoArray.Empty : RegoArray.Own([.. _items]);

    public RegoSet ToSet() => _members is null ? RegoSet.Empty : RegoSet.Create(_members);

    public RegoObject ToObject()
    {
        if (_map is null)
        {
            return RegoObject.Empty;
        }

        var (keys, values, i) = (new RegoValue[_map.Count], new RegoValue[_map.Count], 0);
        foreach (var (key, value) in _map)
        {
            keys[i] = key;
            values[i++] = value is Collector below ? (below._members is null ? below.ToObject() : below.ToSet()) : (RegoValue)value;
        }

        return RegoObject.OwnDistinct(keys, values);
    }

    public RegoValue ToValue(RegoValueKind kind) => kind switch
    {
        RegoValueKind.Array => ToArray(),
        RegoValueKind.Set => ToSet(),
        _ => ToObject(),
    };
}
