using System.Collections.Concurrent;
using System.Collections.Immutable;
using Casemate.Attestation;

namespace Casemate.Fuzz.Flips;

/// <summary>
/// Flips single bits of a subject and holds each verdict against the table: never accepted, refused for a reason that belongs to the
/// region, and the same with a warm cache as without one.
/// </summary>
public sealed class FlipRun(FlipDensity density)
{
    private const int BytesAtOnce = 32;
    private const int MaxSurprises = 40;

    private readonly ConcurrentQueue<string> _surprises = new();
    private readonly Dictionary<FlipRegion, FlipCount> _counts = [];

    /// <summary>What the flips came to, by region.</summary>
    public IReadOnlyDictionary<FlipRegion, FlipCount> Counts => _counts;

    /// <summary>What contradicts the table; empty when all is well. At most a few dozen.</summary>
    public IEnumerable<string> Surprises => _surprises;

    /// <summary>Runs one subject, on all processors.</summary>
    public void Run(FlipSubject subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        CheckParts(subject);
        var genuine = subject.Verify(subject.Bytes, null);
        var known = genuine.Failed();

        // Twice: the first call fills the cache, the second must answer from it.
        subject.Verify(subject.Bytes, subject.Cache);
        if (!subject.Verify(subject.Bytes, subject.Cache).Same(genuine))
        {
            Surprise($"{subject}: the genuine bytes get another verdict from a cache");
        }

        // A platform that no TCB level describes is authentic and not accepted; anything else is not a valid case.
        if (!genuine.HasClaims || !known.All(id => id is CheckId.TcbStatus))
        {
            Surprise($"{subject}: the genuine bytes are refused: {string.Join(", ", genuine.Checks.Where(c => c.Outcome is CheckOutcome.Failed))}");
            return;
        }

        foreach (var part in subject.Parts)
        {
            var total = new FlipCount();
            var blocks = (part.Length + BytesAtOnce - 1) / BytesAtOnce;
            Parallel.For(
                0, blocks, () => (Count: new FlipCount(), Bytes: (byte[])subject.Bytes.Clone()),
                (block, _, own) =>
                {
                    var start = part.Start + (block * BytesAtOnce);
                    FlipBytes(subject, part.Region, start, Math.Min(start + BytesAtOnce, part.Start + part.Length), genuine, known, own.Bytes, own.Count);
                    return own;
                },
                own =>
                {
                    lock (total)
                    {
                        total.Add(own.Count);
                    }
                });
            if (!_counts.TryGetValue(part.Region, out var count))
            {
                _counts.Add(part.Region, count = new FlipCount());
            }

            count.Add(total);
        }
    }

    private void FlipBytes(
        FlipSubject subject, FlipRegion region, int start, int end, in FlipOutcome genuine, CheckId[] known, byte[] bytes, FlipCount count)
    {
        var bits = region.IsCollateral ? density.CollateralBits : density.EvidenceBits;
        for (var at = start; at < end; at++)
        {
            if (region.IsCollateral && at % density.CollateralEvery != 0)
            {
                continue;
            }

            for (var i = 0; i < bits; i++)
            {
                // Fewer than eight: another bit in each byte.
                var bit = (at + i) & 7;
                bytes[at] ^= (byte)(1 << bit);
                Judge(subject, region, $"bit {bit} of byte {at}", ((at * bits) + i) % density.WithoutCacheEvery == 0, genuine, known, bytes, count);
                bytes[at] ^= (byte)(1 << bit);
            }
        }
    }

    private void Judge(
        FlipSubject subject, FlipRegion region, string place, bool withoutCache, in FlipOutcome genuine, CheckId[] known, byte[] bytes,
        FlipCount count)
    {
        var outcome = subject.Verify(bytes, subject.Cache);
        if (withoutCache)
        {
            count.WithoutCache++;
            if (!subject.Verify(bytes, null).Same(outcome))
            {
                Surprise($"{subject}: {region}: {place}: another verdict with a cache than without");
            }
        }

        var failed = outcome.Failed();
        if (region.Unprotected.Length > 0 && subject.SaysTheSame(bytes))
        {
            count.Unchanged++;
            if (outcome.Accepted != genuine.Accepted || !outcome.HasClaims || !failed.SequenceEqual(known))
            {
                Surprise($"{subject}: {region}: {place}: says the same and is refused for {string.Join(", ", failed)}");
            }

            return;
        }

        count.Refused++;
        if (outcome.Accepted || outcome.HasClaims && !region.MayKeepClaims)
        {
            Surprise($"{subject}: {region}: {place}: {(outcome.Accepted ? "accepted" : "claims are handed out")}");
        }
        else if (!region.Explains([.. failed.Except(known)]))
        {
            Surprise($"{subject}: {region}: {place}: refused for {string.Join(", ", failed)}");
        }
    }

    // Each byte belongs to one region, so that none is forgotten.
    private void CheckParts(FlipSubject subject)
    {
        var end = 0;
        foreach (var part in subject.Parts)
        {
            if (part.Start < end || part.Length <= 0)
            {
                Surprise($"{subject}: {part.Region} starts at {part.Start}, the part before ends at {end}");
            }

            end = part.Start + part.Length;
        }

        if (end > subject.Bytes.Length)
        {
            Surprise($"{subject}: the regions end at {end}, the bytes at {subject.Bytes.Length}");
        }
    }

    private void Surprise(string text)
    {
        if (_surprises.Count < MaxSurprises)
        {
            _surprises.Enqueue(text);
        }
    }
}
