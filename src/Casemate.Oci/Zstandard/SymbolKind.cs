namespace Casemate.Oci.Zstandard;

/// <summary>
/// A kind of symbol that is coded with FSE: what its symbols stand for, how its tables are bounded, and the table that needs no
/// description. Sources: RFC 8878, sections 3.1.1.3.2.1.1, 3.1.1.3.2.2 and 4.2.1.2.
/// </summary>
/// <param name="Name">How the kind is named in messages.</param>
/// <param name="MaxAccuracyLog">The largest logarithm of a table's size.</param>
/// <param name="Codes">What each symbol stands for; a symbol beyond is not allowed.</param>
internal sealed record SymbolKind(string Name, int MaxAccuracyLog, SymbolCode[] Codes)
{
    /// <summary>Lengths of literals: 36 symbols, 0 to 131,071 bytes.</summary>
    public static SymbolKind LiteralLengths { get; } = new("literals lengths", 9, Lengths(
        0, 16, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));

    /// <summary>Lengths of matches: 53 symbols, 3 to 131,074 bytes.</summary>
    public static SymbolKind MatchLengths { get; } = new("match lengths", 9, Lengths(
        3, 32, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));

    /// <summary>Offset codes: 32 symbols, of which a window may allow fewer.</summary>
    public static SymbolKind Offsets { get; } = new(
        "offsets", 8, [.. Enumerable.Range(0, 32).Select(code => new SymbolCode(1u << code, (byte)code))]);

    /// <summary>Weights of a Huffman tree. Weights beyond what a tree may have are refused by the tree.</summary>
    public static SymbolKind Weights { get; } = new(
        "Huffman weights", 6, [.. Enumerable.Range(0, 256).Select(weight => new SymbolCode((uint)weight, 0))]);

    /// <summary>The predefined table of lengths of literals.</summary>
    public static FseTable PredefinedLiteralLengths { get; } = FseTable.FromDistribution(LiteralLengths, 6, [
        4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1]);

    /// <summary>The predefined table of lengths of matches.</summary>
    public static FseTable PredefinedMatchLengths { get; } = FseTable.FromDistribution(MatchLengths, 6, [
        1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1]);

    /// <summary>The predefined table of offset codes.</summary>
    public static FseTable PredefinedOffsets { get; } = FseTable.FromDistribution(Offsets, 5, [
        1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1]);

    // The first symbols stand for themselves; each further one begins where the one before it ends.
    private static SymbolCode[] Lengths(uint first, int plain, params ReadOnlySpan<byte> extraBits)
    {
        var codes = new SymbolCode[plain + extraBits.Length];
        var next = first;
        for (var i = 0; i < codes.Length; i++)
        {
            var bits = i < plain ? (byte)0 : extraBits[i - plain];
            codes[i] = new SymbolCode(next, bits);
            next += 1u << bits;
        }

        return codes;
    }
}
