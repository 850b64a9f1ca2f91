using Casemate.Oci.Zstandard;

namespace Casemate.Oci.Tests.Zstandard;

/// <summary>Names what well-formed data consists of: types of blocks, of literals and of tables. Decodes nothing.</summary>
internal static class FrameSurvey
{
    private static readonly string[] s_blocks = ["raw", "RLE", "compressed"];
    private static readonly string[] s_literals = ["raw", "RLE", "Huffman", "treeless"];
    private static readonly string[] s_modes = ["predefined", "RLE", "FSE", "repeat"];

    public static HashSet<string> Of(ReadOnlySpan<byte> data)
    {
        var found = new HashSet<string>();
        while (!data.IsEmpty)
        {
            if (FrameHeader.IsSkippableMagic(data))
            {
                found.Add("frame: skippable");
                data = data[(8 + BitConverter.ToInt32(data[4..8]))..];
                continue;
            }

            data = data[4..];
            var size = FrameHeader.SizeOf(data[0]);
            var header = FrameHeader.Read(data[..size]);
            found.Add(header.HasChecksum ? "frame: checksum" : "frame: no checksum");
            found.Add(header.ContentSize is null ? "frame: no size" : "frame: size");
            found.Add((data[0] & 0x20) != 0 ? "frame: single segment" : "frame: window");
            data = data[size..];
            bool isLast;
            do
            {
                var block = data[0] | (data[1] << 8) | (data[2] << 16);
                var type = (block >> 1) & 3;
                isLast = (block & 1) != 0;
                found.Add($"block: {s_blocks[type]}");
                var length = type == 1 ? 1 : block >> 3;
                if (type == 2)
                {
                    Compressed(data.Slice(3, length), found);
                }

                data = data[(3 + length)..];
            }
            while (!isLast);

            data = data[(header.HasChecksum ? 4 : 0)..];
        }

        return found;
    }

    private static void Compressed(ReadOnlySpan<byte> block, HashSet<string> found)
    {
        var type = block[0] & 3;
        var format = (block[0] >> 2) & 3;
        int size;
        if (type < 2)
        {
            found.Add($"literals: {s_literals[type]}");
            var (header, length) = format switch
            {
                1 => (2, (block[0] >> 4) + (block[1] << 4)),
                3 => (3, (block[0] >> 4) + (block[1] << 4) + (block[2] << 12)),
                _ => (1, block[0] >> 3),
            };
            size = header + (type == 0 ? length : 1);
        }
        else
        {
            var (header, bits) = format switch { 2 => (4, 14), 3 => (5, 18), _ => (3, 10) };
            var value = 0UL;
            for (var i = 0; i < header; i++)
            {
                value |= (ulong)block[i] << (8 * i);
            }

            found.Add($"literals: {s_literals[type]}, {(format == 0 ? 1 : 4)} streams, sizes of {bits} bits");
            if (type == 2)
            {
                found.Add(block[header] < 128 ? "tree: FSE" : "tree: direct");
            }

            size = header + (int)(value >> (4 + bits));
        }

        var sequences = block[size..];
        var countSize = sequences[0] switch { < 128 => 1, < 255 => 2, _ => 3 };
        if (sequences[0] == 0)
        {
            found.Add("sequences: none");
            return;
        }

        found.Add($"sequences: number of {countSize} bytes");
        var modes = sequences[countSize];
        found.Add($"literals lengths: {s_modes[modes >> 6]}");
        found.Add($"offsets: {s_modes[(modes >> 4) & 3]}");
        found.Add($"match lengths: {s_modes[(modes >> 2) & 3]}");
    }
}
