namespace Casemate.Oci.Zstandard;

/// <summary>The decoding table of one kind of symbol, which a later block may use again. Source: RFC 8878, section 3.1.1.3.2.1.</summary>
internal sealed class RepeatableTable(SymbolKind kind, FseTable predefined)
{
    private readonly FseTable _own = new(kind);
    private FseTable? _current;

    /// <summary>The table; set by <see cref="Read"/>.</summary>
    public FseTable Current => _current!;

    /// <summary>Forgets the table.</summary>
    public void Clear() => _current = null;

    /// <summary>Sets the table as a block asks for it.</summary>
    /// <param name="mode">The two bits of the compression mode.</param>
    /// <param name="source">Bytes that begin with the description, if there is one.</param>
    /// <returns>The bytes of the description.</returns>
    /// <exception cref="ZstandardException">The description is malformed, or there is no table to use again.</exception>
    public int Read(int mode, ReadOnlySpan<byte> source)
    {
        switch (mode)
        {
            case 0:
                _current = predefined;
                return 0;
            case 1:
                if (source.IsEmpty)
                {
                    throw ZstandardException.Block($"the symbol of {kind.Name} is cut off");
                }

                _own.SetSingle(source[0]);
                _current = _own;
                return 1;
            case 2:
                _current = _own;
                return _own.Read(source);
            default:
                return _current is not null ? 0 : throw ZstandardException.Block(
                    $"an earlier block's table of {kind.Name} is wanted, and there is none");
        }
    }
}
