namespace Casemate.Measurement.Verity;

/// <summary>Takes the blocks of a tree as they are completed: in order within a level, the levels mixed.</summary>
internal interface IVerityTreeSink
{
    /// <summary>Takes a block.</summary>
    /// <param name="level">The level; 0 holds the digests of the data.</param>
    /// <param name="index">The block's number in its level.</param>
    /// <param name="block">The block, padded; valid until the call returns.</param>
    void Take(int level, long index, ReadOnlySpan<byte> block);
}
