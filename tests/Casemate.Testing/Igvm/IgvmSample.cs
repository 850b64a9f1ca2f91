using System.Buffers.Binary;

namespace Casemate.Testing.Igvm;

/// <summary>Builds IGVM files: headers in the order of the calls, data behind them, and the checksum.</summary>
public sealed class IgvmSample
{
    /// <summary>The mask of the platform for VBS.</summary>
    public const uint Vbs = 1;

    /// <summary>The mask of the platform for SEV-SNP.</summary>
    public const uint Snp = 2;

    /// <summary>The mask of the platform for TDX.</summary>
    public const uint Tdx = 4;

    private const int DataAlignment = 8;

    private readonly List<(uint Type, byte[] Body, int OffsetAt, byte[]? Data)> _headers = [];

    /// <summary>A file for all three platforms, with every kind of page that is measured or is not.</summary>
    public static IgvmSample Everything(int seed)
    {
        var random = new Random(seed);
        var sample = new IgvmSample().Platform(Vbs, 1).Platform(Snp, 2).Platform(Tdx, 3).Policy(Snp, 0x30000).Policy(Tdx, 0);
        sample.Area(0, 0x2000).Area(1, 0x1000, Bytes(random, 0x1000));
        sample.Page(0x10_0000, Vbs | Snp | Tdx, Bytes(random, 4096)).Page(0x10_1000, Vbs | Snp | Tdx, null);
        sample.Page(0x10_2000, Snp, null, pageType: 1).Page(0x10_3000, Snp, null, pageType: 2).Page(0x10_4000, Snp, null, pageType: 3);
        sample.Page(0x10_5000, Vbs | Snp | Tdx, Bytes(random, 4096), flags: 2).Page(0x10_6000, Vbs | Snp | Tdx, Bytes(random, 4096), flags: 4);
        sample.Page(0x10_7000, Vbs | Tdx, Bytes(random, 4096)).Insert(0x20_0000, Vbs | Snp | Tdx, 0).Insert(0x21_0000, Snp, 1);
        sample.Header(0x307, Numbers(0, 0)).Header(0x305, Numbers(0x30_0000, 0, Vbs | Snp, 0x1000, 0, 0));
        sample.Header(0x30d, Numbers(0x40_0000, 0, Vbs, 0x2000));
        sample.Context(0xffff_ffff_f000, Snp, Bytes(random, 4096), 0).Context(0, Vbs, Registers(random, 3), 0);
        return sample.Page(0x11_0000, Vbs | Snp | Tdx, Bytes(random, 4096));
    }

    /// <summary>Pseudo-random bytes.</summary>
    public static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A body of 32-bit numbers.</summary>
    public static byte[] Numbers(params uint[] numbers)
    {
        var body = new byte[4 * numbers.Length];
        Buffer.BlockCopy(numbers, 0, body, 0, body.Length);
        return body;
    }

    /// <summary>A state for VBS: a count, then 32 bytes for each register.</summary>
    public static byte[] Registers(Random random, int count)
    {
        var state = new byte[4 + (32 * count)];
        BinaryPrimitives.WriteInt32LittleEndian(state, count);
        for (var i = 0; i < count; i++)
        {
            var register = state.AsSpan(4 + (32 * i), 32);
            register[0] = (byte)(i & 2);
            BinaryPrimitives.WriteUInt32LittleEndian(register[1..], 0x2_0000u + (uint)i);
            random.NextBytes(register[16..]);
        }

        return state;
    }

    public IgvmSample Platform(uint mask, byte type) => Header(1, [.. Numbers(mask), 0, type, 1, 0, .. new byte[8]]);

    public IgvmSample Policy(uint mask, ulong policy) => Header(0x101, Numbers((uint)policy, (uint)(policy >> 32), mask, 0));

    public IgvmSample Area(uint index, uint size, byte[]? data = null) => Header(0x301, Numbers(size, 0, index, 0), 12, data);

    public IgvmSample Page(ulong gpa, uint mask, byte[]? data, uint flags = 0, uint pageType = 0) =>
        Header(0x302, Numbers((uint)gpa, (uint)(gpa >> 32), mask, 0, flags, pageType), 12, data);

    public IgvmSample Insert(ulong gpa, uint mask, uint area) => Header(0x303, Numbers((uint)gpa, (uint)(gpa >> 32), mask, area));

    public IgvmSample Context(ulong gpa, uint mask, byte[] data, uint index) =>
        Header(0x304, Numbers((uint)gpa, (uint)(gpa >> 32), mask, 0, index), 12, data);

    public IgvmSample Document(uint mask, byte[] corim) => Header(0x104, Numbers(mask, 0, (uint)corim.Length, 0), 4, corim);

    /// <summary>Adds a header; the file offset of its data is written into its body.</summary>
    public IgvmSample Header(uint type, byte[] body, int offsetAt = -1, byte[]? data = null)
    {
        _headers.Add((type, body, offsetAt, data));
        return this;
    }

    /// <summary>The file.</summary>
    public byte[] ToBytes()
    {
        var headerSize = _headers.Sum(header => 8 + Padded(header.Body.Length));
        var size = 24 + headerSize + _headers.Sum(header => Padded(header.Data?.Length ?? 0));
        var file = new byte[size];
        "IGVM"u8.CopyTo(file);
        Numbers(1, 24, (uint)headerSize, (uint)size).CopyTo(file, 4);
        var (at, dataAt) = (24, 24 + headerSize);
        foreach (var (type, body, offsetAt, data) in _headers)
        {
            Numbers(type, (uint)body.Length).CopyTo(file, at);
            body.CopyTo(file, at + 8);
            if (data is not null)
            {
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 8 + offsetAt), dataAt);
                data.CopyTo(file, dataAt);
                dataAt += Padded(data.Length);
            }

            at += 8 + Padded(body.Length);
        }

        return WithChecksum(file);
    }

    /// <summary>Puts the right checksum into a file, in place.</summary>
    public static byte[] WithChecksum(byte[] file)
    {
        var start = (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8));
        var end = start + (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(12));
        file.AsSpan(20, 4).Clear();
        var crc = uint.MaxValue;
        foreach (var octet in (byte[])[.. file[..24], .. file[start..end]])
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xedb88320);
            }
        }

        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), ~crc);
        return file;
    }

    private static int Padded(int length) => (length + DataAlignment - 1) / DataAlignment * DataAlignment;
}
