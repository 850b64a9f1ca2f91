using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Measurement.Igvm;

/// <summary>
/// The boot digest of Hyper-V's virtualization based security: a chain of SHA-256 over one record for each page, then one for each
/// register of the first states. Source: microsoft/igvm, igvm/src/measurement/vbs.rs.
/// </summary>
internal struct VbsDigest
{
    private const int PageSize = 4096;
    private const int RegisterSize = 32;
    private const int MaxRegisters = 1024;
    private const int PageRecordSize = 32 + PageSize;
    private const int RegisterRecordSize = 48;
    private const uint RegisterRecord = 0;
    private const uint PageRecord = 2;
    private const ulong DataUnmeasured = 4;
    private const ulong ReadableAndWritable = 3;

    private readonly byte[] _buffer;

    private VbsDigest(byte[] buffer) => _buffer = buffer;

    /// <summary>Computes the digest over the headers of one platform.</summary>
    /// <exception cref="IgvmException">The state of a virtual processor, or the type of a page, is not one of this platform.</exception>
    public static byte[] Compute(IgvmFile file, List<IgvmHeader> headers)
    {
        // The digest so far stands before the record, so that both are hashed at once.
        var digest = new VbsDigest(new byte[SHA256.HashSizeInBytes + PageRecordSize]);
        foreach (var header in headers)
        {
            switch (header.Type)
            {
                case IgvmHeaderType.PageData when header.PageType is not IgvmPageType.Normal:
                    throw new IgvmException(IgvmError.UnsupportedPage);
                case IgvmHeaderType.PageData when (header.Flags & IgvmPageFlags.Shared) == 0:
                    var isUnmeasured = (header.Flags & IgvmPageFlags.Unmeasured) != 0;
                    digest.AddPage(
                        header.Gpa!.Value, isUnmeasured ? DataUnmeasured : 0,
                        isUnmeasured || header.Data is null ? default : header.Data.Value.Span);
                    break;
                case IgvmHeaderType.ParameterInsert:
                    digest.AddPages(header, DataUnmeasured);
                    break;
                case IgvmHeaderType.ErrorRange:
                    digest.AddPages(header, DataUnmeasured | ReadableAndWritable);
                    break;
            }
        }

        // Whatever their place in the file, states come last.
        foreach (var context in headers.Where(header => header.Type is IgvmHeaderType.VpContext))
        {
            digest.AddRegisters(RegistersOf(file, context));
        }

        return digest._buffer[..SHA256.HashSizeInBytes];
    }

    // The list of registers may be longer than the page that the reader of the file looked for.
    private static ReadOnlySpan<byte> RegistersOf(IgvmFile file, IgvmHeader context)
    {
        var data = file.Bytes.Span[(int)BinaryPrimitives.ReadUInt32LittleEndian(context.Body.Span[12..])..];
        var count = data.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(data);
        return count <= MaxRegisters && data.Length - 4 >= count * RegisterSize
            ? data.Slice(4, (int)count * RegisterSize) : throw new IgvmException(IgvmError.MalformedVpContext);
    }

    private readonly void AddPages(IgvmHeader header, ulong flags)
    {
        for (ulong done = 0; done < header.Size!.Value; done += PageSize)
        {
            AddPage(header.Gpa!.Value + done, flags, default);
        }
    }

    private readonly void AddPage(ulong gpa, ulong flags, ReadOnlySpan<byte> contents)
    {
        var record = Record(PageRecord, PageRecordSize);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(record[24..], gpa / PageSize);
        contents.CopyTo(record[32..]);
        Advance(PageRecordSize);
    }

    private readonly void AddRegisters(ReadOnlySpan<byte> registers)
    {
        for (; !registers.IsEmpty; registers = registers[RegisterSize..])
        {
            var record = Record(RegisterRecord, RegisterRecordSize);
            record[20] = registers[0]; // the VTL
            registers.Slice(1, 4).CopyTo(record[28..]); // the name
            registers.Slice(16, 16).CopyTo(record[32..]); // the value
            Advance(RegisterRecordSize);
        }
    }

    private readonly Span<byte> Record(uint type, int size)
    {
        var record = _buffer.AsSpan(SHA256.HashSizeInBytes, size);
        record.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], type);
        return record;
    }

    private readonly void Advance(int size) =>
        SHA256.HashData(_buffer.AsSpan(0, SHA256.HashSizeInBytes + size), _buffer.AsSpan(0, SHA256.HashSizeInBytes));
}
