namespace Casemate.Serve.Quoting;

/// <summary>Lets one line of a kind through in each period and counts the rest, so that a client in a loop does not fill the log.</summary>
internal sealed class RepeatedLines(TimeProvider time, TimeSpan period)
{
    private const int MaximumKinds = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Timestamp, long Suppressed)> _kinds = new(StringComparer.Ordinal);

    /// <summary>True when a line may be written.</summary>
    /// <param name="kind">What it is about, and whom; kinds beyond the first thousand share one.</param>
    /// <param name="suppressed">How many of its kind were not written since the last one.</param>
    public bool Allows(string kind, out long suppressed)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (!_kinds.ContainsKey(kind) && _kinds.Count >= MaximumKinds)
            {
                foreach (var key in _kinds.Where(k => time.GetElapsedTime(k.Value.Timestamp, now) >= period).Select(k => k.Key).ToList())
                {
                    _kinds.Remove(key);
                }

                kind = _kinds.Count >= MaximumKinds ? "" : kind;
            }

            if (_kinds.TryGetValue(kind, out var last) && time.GetElapsedTime(last.Timestamp, now) < period)
            {
                _kinds[kind] = last with { Suppressed = last.Suppressed + 1 };
                suppressed = 0;
                return false;
            }

            suppressed = last.Suppressed;
            _kinds[kind] = (now, 0);
            return true;
        }
    }
}
