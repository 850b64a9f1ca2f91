using Casemate.Primitives.Caching;

namespace Casemate.Primitives.Tests.Caching;

public sealed class BoundedCacheTests
{
    [Fact]
    public void NeverHoldsMoreThanItsCapacity()
    {
        var cache = new BoundedCache<int, string>(8);
        for (var i = 0; i < 1000; i++)
        {
            cache.Add(i, $"{i}");
            Assert.InRange(cache.Count, 1, 8);
        }

        Assert.Equal(8, Enumerable.Range(0, 1000).Count(i => cache.TryGet(i, out var value) && value == $"{i}"));
    }

    [Fact]
    public void KeepsWhatIsReadAllTheTime()
    {
        var cache = new BoundedCache<int, string>(4);
        cache.Add(-1, "popular");
        for (var i = 0; i < 100; i++)
        {
            Assert.True(cache.TryGet(-1, out _), $"evicted after {i} additions although it was read each time");
            cache.Add(i, "once");
        }
    }

    [Fact]
    public void KeepsTheFirstValueOfAKey()
    {
        var cache = new BoundedCache<string, string>(2);
        cache.Add("key", "first");
        cache.Add("key", "second");

        Assert.True(cache.TryGet("key", out var value));
        Assert.Equal("first", value);
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public void StaysConsistent_UnderManyThreads()
    {
        var cache = new BoundedCache<int, string>(64);
        Parallel.For(0, 20_000, i =>
        {
            var key = i % 500;
            cache.Add(key, $"{key}");
            if (cache.TryGet(key, out var value))
            {
                Assert.Equal($"{key}", value);
            }
        });

        Assert.InRange(cache.Count, 1, 64);
    }

    [Fact]
    public void Refuses_CapacityBelowOne() => Assert.Throws<ArgumentOutOfRangeException>(() => new BoundedCache<int, string>(0));
}
