using System.Numerics;

namespace Casemate.Oci.Zstandard;

/// <summary>How the states of a table are shared out among symbols, as it is described in a block. Source: RFC 8878, section 4.1.1.</summary>
internal static class FseDistribution
{
    /// <summary>The share of a symbol with less than one state; it has one, which leads anywhere.</summary>
    public const short LessThanOne = -1;

    private const int MinAccuracyLog = 5;

    /// <summary>Reads a description.</summary>
    /// <param name="source">Bytes that begin with it.</param>
    /// <param name="kind">What is described.</param>
    /// <param name="shares">Gets the states of each symbol; at least as long as the kind has symbols.</param>
    /// <param name="accuracyLog">The logarithm of the table's size.</param>
    /// <param name="symbols">How many symbols the description names.</param>
    /// <returns>The bytes of the description.</returns>
    /// <exception cref="ZstandardException">The description is cut off, names too many symbols, or does not share out all states.</exception>
    public static int Read(ReadOnlySpan<byte> source, SymbolKind kind, Span<short> shares, out int accuracyLog, out int symbols)
    {
        var bits = 0;
        accuracyLog = MinAccuracyLog + Peek(source, bits, 4);
        bits += 4;
        if (accuracyLog > kind.MaxAccuracyLog)
        {
            throw ZstandardException.Block($"the table of {kind.Name} has the accuracy {accuracyLog}, and {kind.MaxAccuracyLog} is allowed");
        }

        var left = 1 << accuracyLog;
        symbols = 0;
        while (left > 0)
        {
            // Values 0 to left + 1 are possible; the smaller ones take one bit less where the number of values is no power of two.
            var width = BitOperations.Log2((uint)left + 1) + 1;
            var shorter = (1 << width) - 2 - left;
            var half = 1 << (width - 1);
            var value = Peek(source, bits, width);
            if ((value & (half - 1)) < shorter)
            {
                value &= half - 1;
                bits += width - 1;
            }
            else
            {
                value -= value >= half ? shorter : 0;
                bits += width;
            }

            Add(shares, kind, ref symbols, (short)(value - 1));
            left -= Math.Abs(value - 1);
            if (value == 1)
            {
                int zeros;
                do
                {
                    zeros = Peek(source, bits, 2);
                    bits += 2;
                    for (var i = 0; i < zeros; i++)
                    {
                        Add(shares, kind, ref symbols, 0);
                    }
                }
                while (zeros == 3);
            }
        }

        var used = (bits + 7) / 8;
        return used <= source.Length ? used : throw ZstandardException.Block($"the table of {kind.Name} is cut off");
    }

    private static void Add(Span<short> shares, SymbolKind kind, ref int symbols, short share)
    {
        if (symbols == kind.Codes.Length)
        {
            throw ZstandardException.Block($"the table of {kind.Name} does not share out its states among {symbols} symbols");
        }

        shares[symbols++] = share;
    }

    // Up to 16 bits, the lowest first; beyond the end there are zeros, which the caller sees by the place that it came to.
    private static int Peek(ReadOnlySpan<byte> source, int bit, int count)
    {
        var value = 0;
        for (var i = 0; i < 3; i++)
        {
            var index = (bit >> 3) + i;
            value |= (index < source.Length ? source[index] : 0) << (8 * i);
        }

        return (value >> (bit & 7)) & ((1 << count) - 1);
    }
}
