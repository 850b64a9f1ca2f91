using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// MRENCLAVE as the processor computes it: SHA-256 over what ECREATE, EADD and EEXTEND record, in the order of loading.
/// Source: Intel SDM volume 3D, chapter 40 (ECREATE, EADD, EEXTEND, EINIT).
/// </summary>
/// <remarks>
/// Attributes, MISCSELECT and keys are not measured. Pages are hashed where they lie; the offsets are relative to the enclave's base.
/// </remarks>
public sealed class EnclaveMeasurement : IDisposable
{
    /// <summary>Bytes of a page.</summary>
    public const int PageSize = 4096;

    /// <summary>Bytes that one EEXTEND measures.</summary>
    public const int ChunkSize = 256;

    /// <summary>Bytes of MRENCLAVE.</summary>
    public const int Size = 32;

    private const int RecordSize = 64;
    private const int RecordsKept = 64;

    // Records wait here, so that the hash is called with kilobytes and not 64 bytes at a time.
    private readonly byte[] _records = new byte[RecordSize * RecordsKept];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _kept;

    /// <summary>Begins with ECREATE.</summary>
    /// <param name="ssaFramePages">SSAFRAMESIZE: pages of one state save area.</param>
    /// <param name="size">SECS.SIZE: bytes of the enclave's address range.</param>
    public EnclaveMeasurement(uint ssaFramePages, ulong size)
    {
        var record = NewRecord("ECREATE"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], ssaFramePages);
        BinaryPrimitives.WriteUInt64LittleEndian(record[12..], size);
    }

    /// <summary>EADD: a page joins the enclave. Its content is not measured by this.</summary>
    /// <param name="offset">Where the page lies, in bytes.</param>
    /// <param name="flags">Its rights and type.</param>
    public void Add(ulong offset, SecInfoFlags flags)
    {
        var record = NewRecord("EADD"u8);
        BinaryPrimitives.WriteUInt64LittleEndian(record[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], (ulong)flags);
    }

    /// <summary>EEXTEND over a whole page: sixteen times, 256 bytes each.</summary>
    /// <param name="offset">Where the page lies, in bytes.</param>
    /// <param name="page">Its 4096 bytes.</param>
    /// <exception cref="ArgumentException">Not a whole page.</exception>
    public void ExtendPage(ulong offset, ReadOnlySpan<byte> page)
    {
        if (page.Length != PageSize)
        {
            throw new ArgumentException($"A page has {PageSize} bytes, not {page.Length}.", nameof(page));
        }

        for (var at = 0; at < PageSize; at += ChunkSize)
        {
            Extend(offset + (ulong)at, page.Slice(at, ChunkSize));
        }
    }

    /// <summary>EEXTEND over 256 bytes.</summary>
    /// <param name="offset">Where they lie, in bytes.</param>
    /// <param name="chunk">The 256 bytes.</param>
    /// <exception cref="ArgumentException">Not 256 bytes.</exception>
    public void Extend(ulong offset, ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length != ChunkSize)
        {
            throw new ArgumentException($"EEXTEND measures {ChunkSize} bytes, not {chunk.Length}.", nameof(chunk));
        }

        BinaryPrimitives.WriteUInt64LittleEndian(NewRecord("EEXTEND"u8)[8..], offset);
        Flush();
        _hash.AppendData(chunk);
    }

    /// <summary>EINIT: the measurement is complete, and the object begins anew without ECREATE; dispose of it.</summary>
    /// <returns>MRENCLAVE, 32 bytes.</returns>
    public byte[] Finish()
    {
        Flush();
        return _hash.GetHashAndReset();
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private Span<byte> NewRecord(ReadOnlySpan<byte> name)
    {
        if (_kept == RecordsKept)
        {
            Flush();
        }

        var record = _records.AsSpan(RecordSize * _kept++, RecordSize);
        record.Clear();
        name.CopyTo(record);
        return record;
    }

    private void Flush()
    {
        _hash.AppendData(_records, 0, RecordSize * _kept);
        _kept = 0;
    }
}
