using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Measurement.Tdx;

/// <summary>
/// MRTD as the TDX module computes it: SHA-384 over what TDH.MEM.PAGE.ADD and TDH.MR.EXTEND record, in the order in which the host calls
/// them. Source: Intel TDX Module ABI reference, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND.
/// </summary>
public sealed class MrtdAccumulator : IDisposable
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    /// <summary>Bytes that one TDH.MR.EXTEND measures.</summary>
    public const int ChunkSize = 256;

    /// <summary>Bytes of MRTD.</summary>
    public const int Size = 48;

    private const int RecordSize = 128;
    private const int AddressOffset = 16;
    private const int ExtensionSize = RecordSize + ChunkSize;
    private const int BufferSize = PageSize / ChunkSize * ExtensionSize;

    // One page's records wait here, so that the hash is called once a page and not thirty times.
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);

    /// <summary>TDH.MEM.PAGE.ADD: a page joins the TD. Its content is not measured by this.</summary>
    /// <param name="address">Guest physical address, a multiple of <see cref="PageSize"/>.</param>
    /// <exception cref="ArgumentException">The address is not that of a page.</exception>
    public void AddPage(ulong address)
    {
        RequireAligned(address, PageSize);
        WriteRecord(_buffer, "MEM.PAGE.ADD"u8, address);
        _hash.AppendData(_buffer, 0, RecordSize);
    }

    /// <summary>TDH.MR.EXTEND over a whole page: sixteen times, 256 bytes each.</summary>
    /// <param name="address">Guest physical address, a multiple of <see cref="PageSize"/>.</param>
    /// <param name="page">The page; fewer than 4096 bytes are followed by zeros.</param>
    /// <exception cref="ArgumentException">The address is not that of a page, or the content is larger than one.</exception>
    public void ExtendPage(ulong address, ReadOnlySpan<byte> page)
    {
        RequireAligned(address, PageSize);
        if (page.Length > PageSize)
        {
            throw new ArgumentException($"A page has {PageSize} bytes, not {page.Length}.", nameof(page));
        }

        for (var at = 0; at < PageSize; at += ChunkSize)
        {
            var record = _buffer.AsSpan(at / ChunkSize * ExtensionSize, ExtensionSize);
            WriteRecord(record, "MR.EXTEND"u8, address + (ulong)at);
            var content = record[RecordSize..];
            var present = page[Math.Min(at, page.Length)..Math.Min(at + ChunkSize, page.Length)];
            present.CopyTo(content);
            content[present.Length..].Clear();
        }

        _hash.AppendData(_buffer);
    }

    /// <summary>TDH.MR.EXTEND over 256 bytes.</summary>
    /// <param name="address">Guest physical address, a multiple of <see cref="ChunkSize"/>.</param>
    /// <param name="chunk">The 256 bytes.</param>
    /// <exception cref="ArgumentException">The address or the content is not that of a chunk.</exception>
    public void Extend(ulong address, ReadOnlySpan<byte> chunk)
    {
        RequireAligned(address, ChunkSize);
        if (chunk.Length != ChunkSize)
        {
            throw new ArgumentException($"TDH.MR.EXTEND measures {ChunkSize} bytes, not {chunk.Length}.", nameof(chunk));
        }

        WriteRecord(_buffer, "MR.EXTEND"u8, address);
        chunk.CopyTo(_buffer.AsSpan(RecordSize));
        _hash.AppendData(_buffer, 0, ExtensionSize);
    }

    /// <summary>TDH.MR.FINALIZE: the measurement is complete, and the object begins anew.</summary>
    /// <returns>MRTD, 48 bytes.</returns>
    public byte[] Finish() => _hash.GetHashAndReset();

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private static void RequireAligned(ulong address, int unit)
    {
        if (address % (ulong)unit != 0)
        {
            throw new ArgumentException($"0x{address:x} is not a multiple of {unit}.", nameof(address));
        }
    }

    private static void WriteRecord(Span<byte> buffer, ReadOnlySpan<byte> name, ulong address)
    {
        var record = buffer[..RecordSize];
        record.Clear();
        name.CopyTo(record);
        BinaryPrimitives.WriteUInt64LittleEndian(record[AddressOffset..], address);
    }
}
