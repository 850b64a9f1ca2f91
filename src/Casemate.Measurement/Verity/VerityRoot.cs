namespace Casemate.Measurement.Verity;

/// <summary>The root hash of some data: who knows it and reads the data through dm-verity reads this data and no other.</summary>
/// <param name="Hash">The root hash, as long as the algorithm's digest.</param>
/// <param name="DataBlocks">How many data blocks it covers.</param>
/// <param name="TreeBlocks">How many blocks of hashes the stored tree has, without its superblock.</param>
/// <param name="Options">The parameters it was computed with.</param>
public sealed record VerityRoot(ReadOnlyMemory<byte> Hash, long DataBlocks, long TreeBlocks, VerityOptions Options)
{
    /// <summary>The root hash as lower-case hexadecimal digits.</summary>
    public string Hex => Convert.ToHexStringLower(Hash.Span);

    /// <inheritdoc/>
    public override string ToString() => Hex;
}
