namespace Casemate.Oci.Zstandard;

/// <summary>
/// Decodes compressed blocks, with all that one block of a frame leaves to the next: tables, and the offsets of the last matches.
/// Source: RFC 8878, section 3.1.1.3.
/// </summary>
internal sealed partial class BlockDecoder
{
    /// <summary>Forgets what earlier blocks left.</summary>
    public void BeginFrame()
    {
        _huffman.Clear();
        _literalLengths.Clear();
        _offsets.Clear();
        _matchLengths.Clear();
        (_repeated1, _repeated2, _repeated3) = (1, 4, 8);
    }

    /// <summary>Decodes a block into the room that the window made for it.</summary>
    /// <param name="block">The block's content.</param>
    /// <param name="window">Gets what the block gives.</param>
    /// <returns>The bytes that the block gives.</returns>
    /// <exception cref="ZstandardException">The block is malformed.</exception>
    public int Decode(ReadOnlySpan<byte> block, Window window)
    {
        var used = ReadLiterals(block, window.BlockSize);
        return ReadSequences(block[used..], window);
    }
}
