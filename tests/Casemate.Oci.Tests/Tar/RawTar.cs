using System.Text;

namespace Casemate.Oci.Tests.Tar;

/// <summary>Archives written block by block, so that they can be wrong.</summary>
public sealed class RawTar
{
    private readonly MemoryStream _bytes = new();

    public RawTar Header(
        string name, char type = '0', long size = 0, string link = "", string? sizeField = null, string magic = "ustar\000", string prefix = "",
        string mode = "0000644", bool wrongChecksum = false)
    {
        var block = new byte[512];
        Put(block, 0, name);
        Put(block, 100, mode);
        Put(block, 108, "0000000");
        Put(block, 116, "0000000");
        Put(block, 124, sizeField ?? Convert.ToString(size, 8).PadLeft(11, '0'));
        Put(block, 136, "00000000000");
        block[156] = (byte)type;
        Put(block, 157, link);
        Put(block, 257, magic);
        Put(block, 345, prefix);
        block.AsSpan(148, 8).Fill((byte)' ');
        var sum = block.Sum(b => b) + (wrongChecksum ? 1 : 0);
        Put(block, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        _bytes.Write(block);
        return this;
    }

    public RawTar Data(ReadOnlySpan<byte> data)
    {
        _bytes.Write(data);
        _bytes.Write(new byte[-data.Length & 511]);
        return this;
    }

    public RawTar File(string name, string content, char type = '0')
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return Header(name, type, bytes.Length).Data(bytes);
    }

    public RawTar Pax(params (string Key, string Value)[] records) => Extension('x', Records(records));

    public RawTar Extension(char type, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return Header("ext", type, bytes.Length).Data(bytes);
    }

    public RawTar Raw(byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public static string Records(params (string Key, string Value)[] records) => string.Concat(records.Select(record =>
    {
        var rest = $" {record.Key}={record.Value}\n";
        var length = Encoding.UTF8.GetByteCount(rest);
        var total = length + 1;
        while (total != length + $"{total}".Length)
        {
            total = length + $"{total}".Length;
        }

        return total + rest;
    }));

    public byte[] End()
    {
        _bytes.Write(new byte[1024]);
        return _bytes.ToArray();
    }

    public byte[] WithoutEnd() => _bytes.ToArray();

    private static void Put(byte[] block, int offset, string text) => Encoding.Latin1.GetBytes(text).CopyTo(block, offset);
}
