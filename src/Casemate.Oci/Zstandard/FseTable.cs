using System.Numerics;

namespace Casemate.Oci.Zstandard;

/// <summary>A decoding table of finite state entropy. Source: RFC 8878, section 4.1.1.</summary>
internal sealed class FseTable
{
    private readonly SymbolKind _kind;
    private readonly FseEntry[] _entries;

    /// <summary>Makes an empty table for symbols of a kind.</summary>
    public FseTable(SymbolKind kind) => (_kind, _entries) = (kind, new FseEntry[1 << kind.MaxAccuracyLog]);

    /// <summary>The logarithm of the number of states, and the bits of the first one.</summary>
    public int AccuracyLog { get; private set; }

    /// <summary>The states.</summary>
    public ReadOnlySpan<FseEntry> Entries => _entries.AsSpan(0, 1 << AccuracyLog);

    /// <summary>A table that is never changed.</summary>
    public static FseTable FromDistribution(SymbolKind kind, int accuracyLog, ReadOnlySpan<short> shares)
    {
        var table = new FseTable(kind);
        table.Build(shares, accuracyLog);
        return table;
    }

    /// <summary>Makes the table of one symbol, which takes no bits.</summary>
    /// <exception cref="ZstandardException">There is no such symbol.</exception>
    public void SetSingle(byte symbol)
    {
        if (symbol >= _kind.Codes.Length)
        {
            throw ZstandardException.Block($"symbol {symbol} is none of the {_kind.Codes.Length} of {_kind.Name}");
        }

        AccuracyLog = 0;
        var code = _kind.Codes[symbol];
        _entries[0] = new FseEntry(code.Value, 0, code.ExtraBits, 0);
    }

    /// <summary>Reads a table's description.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="ZstandardException">It is not well-formed.</exception>
    public int Read(ReadOnlySpan<byte> source)
    {
        Span<short> shares = stackalloc short[256];
        var used = FseDistribution.Read(source, _kind, shares, out var accuracyLog, out var symbols);
        Build(shares[..symbols], accuracyLog);
        return used;
    }

    // The shares add up to the number of states: the reader of the description sees to that, and the tests for the predefined ones.
    private void Build(ReadOnlySpan<short> shares, int accuracyLog)
    {
        var size = 1 << accuracyLog;
        Span<byte> symbols = stackalloc byte[1 << 9];
        Span<ushort> next = stackalloc ushort[256];
        var high = size;
        for (var symbol = 0; symbol < shares.Length; symbol++)
        {
            if (shares[symbol] == FseDistribution.LessThanOne)
            {
                symbols[--high] = (byte)symbol;
                next[symbol] = 1;
            }
            else
            {
                next[symbol] = (ushort)shares[symbol];
            }
        }

        var step = (size >> 1) + (size >> 3) + 3;
        var position = 0;
        for (var symbol = 0; symbol < shares.Length; symbol++)
        {
            for (var i = 0; i < shares[symbol]; i++)
            {
                symbols[position] = (byte)symbol;
                do
                {
                    position = (position + step) & (size - 1);
                }
                while (position >= high);
            }
        }

        for (var state = 0; state < size; state++)
        {
            var symbol = symbols[state];
            var number = next[symbol]++;
            var bits = accuracyLog - BitOperations.Log2(number);
            var code = _kind.Codes[symbol];
            _entries[state] = new FseEntry(code.Value, (ushort)((number << bits) - size), code.ExtraBits, (byte)bits);
        }

        AccuracyLog = accuracyLog;
    }
}
