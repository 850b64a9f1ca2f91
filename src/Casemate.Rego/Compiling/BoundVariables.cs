namespace Casemate.Rego.Compiling;

/// <summary>
/// The variables that are bound at a place of a body: those bound around it, and its own. What is tried and given up again is a layer that
/// is dropped, so that long bodies cost time in proportion to their length.
/// </summary>
internal sealed class BoundVariables(BoundVariables? around = null)
{
    private readonly HashSet<int> _own = [];

    public int Count => _own.Count + (around?.Count ?? 0);

    public IEnumerable<int> Own => _own;

    public bool Contains(int slot) => _own.Contains(slot) || (around is not null && around.Contains(slot));

    public void Add(int slot)
    {
        if (around is null || !around.Contains(slot))
        {
            _own.Add(slot);
        }
    }

    /// <summary>Takes back a variable of this layer.</summary>
    public void Remove(int slot) => _own.Remove(slot);

    public bool Covers(HashSet<int> slots)
    {
        foreach (var slot in slots)
        {
            if (!Contains(slot))
            {
                return false;
            }
        }

        return true;
    }
}
