namespace Casemate.Quoting.Service.Queue;

/// <summary>
/// A token bucket for each pod. A bucket that is full again is no different from a new one, and is forgotten when there are many.
/// </summary>
internal sealed class RateLimit(int burst, double tokensPerSecond, TimeProvider time)
{
    private const int BucketsKept = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (double Tokens, long Timestamp)> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes a token.</summary>
    /// <returns>False when the bucket is empty.</returns>
    public bool TryTake(string name)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (!_buckets.TryGetValue(name, out var bucket))
            {
                if (_buckets.Count >= BucketsKept)
                {
                    foreach (var key in _buckets.Where(b => TokensAt(b.Value, now) >= burst).Select(b => b.Key).ToList())
                    {
                        _buckets.Remove(key);
                    }
                }

                bucket = (burst, now);
            }

            var tokens = TokensAt(bucket, now);
            _buckets[name] = (tokens >= 1 ? tokens - 1 : tokens, now);
            return tokens >= 1;
        }
    }

    private double TokensAt((double Tokens, long Timestamp) bucket, long now) =>
        Math.Min(burst, bucket.Tokens + (time.GetElapsedTime(bucket.Timestamp, now).TotalSeconds * tokensPerSecond));
}
