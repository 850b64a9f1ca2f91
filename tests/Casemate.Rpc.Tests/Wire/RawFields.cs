using System.Text;

namespace Casemate.Rpc.Tests.Wire;

/// <summary>
/// Header fields in the plainest forms of RFC 7541: everything written as a literal without index, and read from literals and the static
/// table. Enough for peers that are told to keep no dynamic table.
/// </summary>
internal static class RawFields
{
    // The entries of appendix A that Kestrel uses in answers.
    private static readonly Dictionary<int, (string Name, string Value)> Static = new()
    {
        [8] = (":status", "200"),
        [9] = (":status", "204"),
        [10] = (":status", "206"),
        [11] = (":status", "304"),
        [12] = (":status", "400"),
        [13] = (":status", "404"),
        [14] = (":status", "500"),
        [22] = ("allow", ""),
        [28] = ("content-length", ""),
        [31] = ("content-type", ""),
        [33] = ("date", ""),
        [54] = ("server", ""),
    };

    public static byte[] Write(params IEnumerable<(string Name, string Value)> fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0x00);
            WriteText(block, name);
            WriteText(block, value);
        }

        return [.. block];
    }

    public static List<(string Name, string Value)> Read(ReadOnlySpan<byte> block)
    {
        var fields = new List<(string, string)>();
        while (!block.IsEmpty)
        {
            if (block[0] >= 0x80)
            {
                fields.Add(Static[ReadNumber(ref block, 7)]);
            }
            else if (block[0] is >= 0x20 and < 0x40)
            {
                Assert.Equal(0, ReadNumber(ref block, 5));                 // the table size that this peer asked for
            }
            else
            {
                var index = ReadNumber(ref block, block[0] >= 0x40 ? 6 : 4);
                fields.Add((index == 0 ? ReadText(ref block) : Static[index].Name, ReadText(ref block)));
            }
        }

        return fields;
    }

    public static void WriteNumber(List<byte> block, byte first, int bits, int number)
    {
        var most = (1 << bits) - 1;
        if (number < most)
        {
            block.Add((byte)(first | number));
            return;
        }

        block.Add((byte)(first | most));
        for (number -= most; number >= 0x80; number >>= 7)
        {
            block.Add((byte)(0x80 | (number & 0x7F)));
        }

        block.Add((byte)number);
    }

    public static void WriteText(List<byte> block, string text)
    {
        WriteNumber(block, 0, 7, text.Length);
        block.AddRange(Encoding.Latin1.GetBytes(text));
    }

    private static int ReadNumber(ref ReadOnlySpan<byte> block, int bits)
    {
        var most = (1 << bits) - 1;
        var number = block[0] & most;
        block = block[1..];
        for (var shift = 0; number >= most; shift += 7)
        {
            var next = block[0];
            block = block[1..];
            number += (next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        return number;
    }

    private static string ReadText(ref ReadOnlySpan<byte> block)
    {
        Assert.True(block[0] < 0x80, "a text in Huffman code, which this peer does not read");
        var length = ReadNumber(ref block, 7);
        var text = Encoding.Latin1.GetString(block[..length]);
        block = block[length..];
        return text;
    }
}
