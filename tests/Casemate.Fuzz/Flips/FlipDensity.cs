namespace Casemate.Fuzz.Flips;

/// <summary>How many of the bits are flipped.</summary>
/// <param name="EvidenceBits">Bits of each byte of evidence: 1 to 8.</param>
/// <param name="CollateralBits">Bits of each byte of certificates and collateral: 1 to 8.</param>
/// <param name="CollateralEvery">Every how many bytes of certificates and collateral: 1 is each.</param>
/// <param name="WithoutCacheEvery">Every how many flips the verdict without a cache is compared.</param>
public sealed record FlipDensity(int EvidenceBits, int CollateralBits, int CollateralEvery, int WithoutCacheEvery)
{
    /// <summary>Every bit of everything.</summary>
    public static FlipDensity Exhaustive { get; } = new(8, 8, 1, 64);

    /// <summary>Every bit of evidence, one bit of every third byte of certificates and collateral.</summary>
    public static FlipDensity Dense { get; } = new(8, 1, 3, 64);

    /// <summary>One bit of every byte of evidence, and as little of certificates: for evidence that takes several milliseconds each time.</summary>
    public static FlipDensity EveryByte { get; } = new(1, 1, 3, 64);
}
