namespace Casemate.Testing;

/// <summary>Writes Zstandard data without compressing it: a frame of blocks as they are, and of repeated bytes where they pay.</summary>
public static class StoredZstandard
{
    private const int BlockBytes = 128 * 1024;
    private const int LongRun = 512;

    /// <summary>Writes one frame without a checksum, whose window is 128 KiB.</summary>
    public static byte[] Of(ReadOnlySpan<byte> content)
    {
        var frame = new List<byte> { 0x28, 0xB5, 0x2F, 0xFD, 0x00, 7 << 3 };
        while (!content.IsEmpty)
        {
            var run = Run(content);
            var isRun = run >= LongRun;
            var length = run;
            while (!isRun && length < content.Length && length < BlockBytes && Run(content[length..]) < LongRun)
            {
                length++;
            }

            Header(frame, isRun ? 1 : 0, length);
            frame.AddRange(content[..(isRun ? 1 : length)]);
            content = content[length..];
        }

        Header(frame, type: 0, length: 0, isLast: 1);
        return [.. frame];
    }

    private static int Run(ReadOnlySpan<byte> content)
    {
        var other = content[..Math.Min(content.Length, BlockBytes)].IndexOfAnyExcept(content[0]);
        return other < 0 ? Math.Min(content.Length, BlockBytes) : other;
    }

    private static void Header(List<byte> frame, int type, int length, int isLast = 0)
    {
        var header = isLast | (type << 1) | (length << 3);
        frame.AddRange([(byte)header, (byte)(header >> 8), (byte)(header >> 16)]);
    }
}
