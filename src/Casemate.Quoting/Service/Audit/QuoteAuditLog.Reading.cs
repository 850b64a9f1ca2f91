using System.Globalization;

namespace Casemate.Quoting.Service.Audit;

/// <content>Finding the end of a log, and checking its chain.</content>
public sealed partial class QuoteAuditLog
{
    private const int MaximumLine = 16 * 1024;

    // Before the first record there is none whose hash could stand in it.
    private static readonly string s_nothingBefore = new('0', 64);

    /// <summary>Checks the chain of a log with its full files, also of one that is being written.</summary>
    /// <param name="path">The file being written.</param>
    /// <returns>
    /// How many records follow one another, and the first line that does not, as <c>FILE:LINE: what is wrong</c>; null when none is
    /// wrong. The oldest file that is kept may begin anywhere, since the ones before it are deleted in time.
    /// </returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static (long Records, string? Problem) Verify(string path)
    {
        long records = 0;
        (long Sequence, string Hash)? expected = null;
        foreach (var name in FullFiles(path).Append(path))
        {
            using var file = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var number = 0;
            foreach (var line in ReadLines(file))
            {
                number++;
                if (line is null || QuoteAuditLine.ReadLink(line) is not { } link)
                {
                    return (records, $"{name}:{number}: the line is no record, torn or too long");
                }

                expected ??= link.Sequence == 0 ? (0, s_nothingBefore) : (link.Sequence, link.Previous);
                if (link.Sequence != expected.Value.Sequence || link.Previous != expected.Value.Hash)
                {
                    return (records, $"{name}:{number}: the line does not follow the one before it");
                }

                expected = (link.Sequence + 1, HashOf(line));
                records++;
            }
        }

        return (records, null);
    }

    // By the number of their first record, which is of fixed width.
    private static List<string> FullFiles(string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var prefix = Path.GetFileName(path) + ".";
        return [.. Directory.EnumerateFiles(directory, prefix + "*")
            .Where(file => Path.GetFileName(file) is var name && name.StartsWith(prefix, StringComparison.Ordinal)
                && name[prefix.Length..] is { Length: 20 } number
                && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Order(StringComparer.Ordinal)];
    }

    private static (Position At, long First, long Torn) ReadEnd(string path, FileStream file)
    {
        var length = file.Length;
        var (last, torn) = ReadLastLine(path, file);
        if (last is not null)
        {
            var link = QuoteAuditLine.ReadLink(last) ?? throw Damaged(path);
            file.Position = 0;
            var first = ReadLines(file).First() is { } line && QuoteAuditLine.ReadLink(line) is { } start
                ? start.Sequence
                : throw Damaged(path);
            return (new Position(length - torn, link.Sequence + 1, HashOf(last)), first, torn);
        }

        if (FullFiles(path).LastOrDefault() is not { } full)
        {
            return (new Position(0, 0, s_nothingBefore), 0, torn);
        }

        // Stopped right after beginning a new file: the chain goes on from the full one.
        using var before = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var end = ReadLastLine(full, before).Line is { } tail && QuoteAuditLine.ReadLink(tail) is { } previous
            ? new Position(0, previous.Sequence + 1, HashOf(tail))
            : throw Damaged(full);
        return (end, end.Sequence, torn);
    }

    // Only the end is read: the whole chain is Verify's business.
    private static (byte[]? Line, long Torn) ReadLastLine(string path, FileStream file)
    {
        var length = file.Length;
        var window = new byte[Math.Min(length, 2L * MaximumLine)];
        file.Position = length - window.Length;
        file.ReadExactly(window);
        var end = window.AsSpan().LastIndexOf((byte)'\n');
        if (end < 0)
        {
            return length <= MaximumLine ? (null, length) : throw Damaged(path);
        }

        var start = window.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
        return start == 0 && window.Length < length ? throw Damaged(path) : (window[start..end], window.Length - 1 - end);
    }

    private static Position Append(FileStream file, Position at, byte[] line)
    {
        RandomAccess.Write(file.SafeFileHandle, (byte[])[.. line, (byte)'\n'], at.Length);
        RandomAccess.FlushToDisk(file.SafeFileHandle);
        return new Position(at.Length + line.Length + 1, at.Sequence + 1, HashOf(line));
    }

    private static InvalidDataException Damaged(string path) =>
        new($"The last record of the audit log '{path}' is damaged, so that its chain cannot be continued. "
            + "Keep the file under another name; a new chain starts.");

    // Null for a line that is torn or too long, which is the last one then.
    private static IEnumerable<byte[]?> ReadLines(FileStream file)
    {
        var line = new List<byte>(4096);
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            var rest = buffer.AsMemory(0, read);
            int end;
            while ((end = rest.Span.IndexOf((byte)'\n')) >= 0)
            {
                line.AddRange(rest.Span[..end]);
                yield return [.. line];
                line.Clear();
                rest = rest[(end + 1)..];
            }

            line.AddRange(rest.Span);
            if (line.Count > MaximumLine)
            {
                yield return null;
                yield break;
            }
        }

        if (line.Count > 0)
        {
            yield return null;
        }
    }
}
