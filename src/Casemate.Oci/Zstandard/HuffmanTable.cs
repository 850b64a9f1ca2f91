using System.Numerics;
using System.Runtime.CompilerServices;

namespace Casemate.Oci.Zstandard;

/// <summary>The decoding table of a Huffman tree for literals. Source: RFC 8878, section 4.2.</summary>
internal sealed class HuffmanTable
{
    private const int MaxBits = 11;
    private const int MaxWeights = 255;
    private const int DirectWeights = 128;
    private const string StreamName = "a stream of literals";

    // How many symbols can be read between two refills.
    private const int Unrolled = 5;

    private readonly FseTable _weightTable = new(SymbolKind.Weights);

    // The symbol in the lower byte, the bits of its code in the upper one.
    private readonly ushort[] _entries = new ushort[1 << MaxBits];
    private int _bits;

    /// <summary>False until a tree was read in this frame.</summary>
    public bool IsPresent => _bits > 0;

    /// <summary>Forgets the tree.</summary>
    public void Clear() => _bits = 0;

    /// <summary>Reads the description of a tree.</summary>
    /// <param name="source">Bytes that begin with it.</param>
    /// <returns>The bytes of the description.</returns>
    /// <exception cref="ZstandardException">It is cut off, or describes no tree.</exception>
    public int Read(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty)
        {
            throw ZstandardException.Block("the Huffman tree is cut off");
        }

        Span<byte> weights = stackalloc byte[MaxWeights + 1];
        int count;
        var size = source[0] < DirectWeights ? source[0] : (source[0] - (DirectWeights - 1) + 1) / 2;
        if (size > source.Length - 1)
        {
            throw ZstandardException.Block("the Huffman tree is cut off");
        }

        var content = source.Slice(1, size);
        if (source[0] < DirectWeights)
        {
            count = ReadCompressed(content, weights);
        }
        else
        {
            count = source[0] - (DirectWeights - 1);
            for (var i = 0; i < count; i++)
            {
                weights[i] = (byte)((i & 1) == 0 ? content[i / 2] >> 4 : content[i / 2] & 15);
            }
        }

        Build(weights, count);
        return 1 + size;
    }

    /// <summary>Decodes a stream that gives exactly so many literals.</summary>
    /// <exception cref="ZstandardException">It gives more or fewer.</exception>
    public void Decode(ReadOnlySpan<byte> stream, Span<byte> literals)
    {
        var reader = new BackwardBitReader(stream, StreamName);
        Decode(ref reader, literals);
    }

    /// <summary>Decodes four streams, whose symbols do not wait for one another.</summary>
    /// <param name="streams">The streams, one after another.</param>
    /// <param name="size1">The bytes of the first stream.</param>
    /// <param name="size2">The bytes of the second stream.</param>
    /// <param name="size3">The bytes of the third stream; the fourth has the rest.</param>
    /// <param name="literals">What the streams give: a quarter each, rounded up, and the fourth the rest.</param>
    /// <exception cref="ZstandardException">A stream gives more or fewer.</exception>
    public void DecodeFour(ReadOnlySpan<byte> streams, int size1, int size2, int size3, Span<byte> literals)
    {
        var quarter = (literals.Length + 3) / 4;
        var literals1 = literals[..quarter];
        var literals2 = literals.Slice(quarter, quarter);
        var literals3 = literals.Slice(2 * quarter, quarter);
        var literals4 = literals[(3 * quarter)..];
        var reader1 = new BackwardBitReader(streams[..size1], StreamName);
        var reader2 = new BackwardBitReader(streams.Slice(size1, size2), StreamName);
        var reader3 = new BackwardBitReader(streams.Slice(size1 + size2, size3), StreamName);
        var reader4 = new BackwardBitReader(streams[(size1 + size2 + size3)..], StreamName);
        ReadOnlySpan<ushort> entries = _entries;
        var bits = _bits;
        var i = 0;
        for (; i <= literals4.Length - Unrolled; i += Unrolled)
        {
            reader1.Refill();
            reader2.Refill();
            reader3.Refill();
            reader4.Refill();
            for (var j = i; j < i + Unrolled; j++)
            {
                literals1[j] = Next(ref reader1, entries, bits);
                literals2[j] = Next(ref reader2, entries, bits);
                literals3[j] = Next(ref reader3, entries, bits);
                literals4[j] = Next(ref reader4, entries, bits);
            }
        }

        Decode(ref reader1, literals1[i..]);
        Decode(ref reader2, literals2[i..]);
        Decode(ref reader3, literals3[i..]);
        Decode(ref reader4, literals4[i..]);
    }

    private void Decode(ref BackwardBitReader reader, Span<byte> literals)
    {
        ReadOnlySpan<ushort> entries = _entries;
        var bits = _bits;
        while (literals.Length >= Unrolled)
        {
            reader.Refill();
            for (var i = 0; i < Unrolled; i++)
            {
                literals[i] = Next(ref reader, entries, bits);
            }

            literals = literals[Unrolled..];
        }

        reader.Refill();
        for (var i = 0; i < literals.Length; i++)
        {
            literals[i] = Next(ref reader, entries, bits);
        }

        reader.Refill();
        if (!reader.IsFinished)
        {
            throw ZstandardException.Block($"{StreamName} holds {(reader.IsOverrun ? "fewer" : "more")} than it should");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Next(ref BackwardBitReader reader, ReadOnlySpan<ushort> entries, int bits)
    {
        var entry = entries[reader.Peek(bits)];
        reader.Skip(entry >> 8);
        return (byte)entry;
    }

    // Two states take turns. The one that asks for bits that are not there was the last of its own; the other's symbol ends the weights.
    private int ReadCompressed(ReadOnlySpan<byte> source, Span<byte> weights)
    {
        var used = _weightTable.Read(source);
        var entries = _weightTable.Entries;
        var reader = new BackwardBitReader(source[used..], "the stream of Huffman weights");
        var state = reader.Read(_weightTable.AccuracyLog);
        var other = reader.Read(_weightTable.AccuracyLog);
        if (reader.IsOverrun)
        {
            throw ZstandardException.Block("the stream of Huffman weights is cut off");
        }

        var count = 0;
        while (count < MaxWeights - 1)
        {
            var entry = entries[(int)state];
            weights[count++] = (byte)entry.Value;
            reader.Refill();
            state = entry.NextState + reader.Read(entry.StateBits);
            if (reader.IsOverrun)
            {
                weights[count++] = (byte)entries[(int)other].Value;
                return count;
            }

            (state, other) = (other, state);
        }

        throw ZstandardException.Block("there are more Huffman weights than symbols");
    }

    // The last weight is not written down: it is the one that completes the tree.
    private void Build(Span<byte> weights, int count)
    {
        var sum = 0;
        foreach (var weight in weights[..count])
        {
            if (weight > MaxBits)
            {
                throw ZstandardException.Block($"a Huffman weight is {weight}, and {MaxBits} is allowed");
            }

            sum += weight == 0 ? 0 : 1 << (weight - 1);
        }

        if (sum == 0)
        {
            throw ZstandardException.Block("all Huffman weights are 0");
        }

        var bits = BitOperations.Log2((uint)sum) + 1;
        var missing = (1 << bits) - sum;
        if (bits > MaxBits || !BitOperations.IsPow2(missing))
        {
            throw ZstandardException.Block("the Huffman weights make no complete tree, or too deep a one");
        }

        weights[count] = (byte)(BitOperations.Log2((uint)missing) + 1);
        if (!weights[..(count + 1)].Contains((byte)1))
        {
            throw ZstandardException.Block("no Huffman weight is 1");
        }

        var position = 0;
        for (var weight = 1; weight <= bits; weight++)
        {
            var length = 1 << (weight - 1);
            for (var symbol = 0; symbol <= count; symbol++)
            {
                if (weights[symbol] == weight)
                {
                    _entries.AsSpan(position, length).Fill((ushort)(((bits + 1 - weight) << 8) | symbol));
                    position += length;
                }
            }
        }

        _bits = bits;
    }
}
