namespace Casemate.Measurement.Verity;

/// <summary>Whose rules hold where the tools that build dm-verity trees differ.</summary>
public enum VerityProfile
{
    /// <summary>
    /// As <c>veritysetup</c> and the kernel do: as many levels as are needed. A single data block has no tree, and its own hash is the root.
    /// </summary>
    Cryptsetup = 0,

    /// <summary>
    /// As microsoft/hcsshim does: always one level at least, and a level whose digests fill its last block exactly gets a block of zeros
    /// behind it, and with that perhaps a level more. Where the two differ, the kernel does not accept the tree.
    /// </summary>
    Hcsshim,
}
