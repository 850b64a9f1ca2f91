namespace Casemate.Fuzz.Flips;

/// <summary>What became of the flips of one region.</summary>
public sealed class FlipCount
{
    /// <summary>Flips refused for a reason that the region names.</summary>
    public long Refused { get; set; }

    /// <summary>Flips that change nothing that counts, with the verdict of the genuine bytes.</summary>
    public long Unchanged { get; set; }

    /// <summary>Flips verified a second time without a cache, with the same verdict.</summary>
    public long WithoutCache { get; set; }

    /// <summary>Adds another count.</summary>
    public void Add(FlipCount other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Refused += other.Refused;
        Unchanged += other.Unchanged;
        WithoutCache += other.WithoutCache;
    }
}
