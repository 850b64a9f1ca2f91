namespace Casemate.Cli.Verify.Many;

/// <summary>Splits a stream into lines of bytes, with a limit that holds however long a line is.</summary>
internal static class LineReader
{
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Every line that is not blank, with its number from 1.</summary>
    /// <param name="stream">The stream; read to its end.</param>
    /// <param name="limit">The longest line in bytes; of a longer one the content is null, and reading goes on behind it.</param>
    public static IEnumerable<(long Number, byte[]? Content)> Read(Stream stream, int limit)
    {
        var line = new MemoryStream();
        var chunk = new byte[ChunkBytes];
        var number = 1L;
        var tooLong = false;
        int count;
        while ((count = stream.Read(chunk)) > 0)
        {
            for (var position = 0; position < count;)
            {
                var end = Array.IndexOf(chunk, (byte)'\n', position, count - position);
                var length = (end < 0 ? count : end) - position;
                tooLong |= line.Length + length > limit;
                if (!tooLong)
                {
                    line.Write(chunk, position, length);
                }

                position += length;
                if (end < 0)
                {
                    continue;
                }

                position++;
                if (tooLong || !IsBlank(line))
                {
                    yield return (number, tooLong ? null : line.ToArray());
                }

                number++;
                tooLong = false;
                line.SetLength(0);
            }
        }

        if (tooLong || !IsBlank(line))
        {
            yield return (number, tooLong ? null : line.ToArray());
        }
    }

    private static bool IsBlank(MemoryStream line) => line.GetBuffer().AsSpan(0, (int)line.Length).Trim(" \t\r"u8).IsEmpty;
}
