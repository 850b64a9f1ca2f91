using System.Globalization;

namespace Casemate.Primitives.Files;

/// <content>Finding the end of a log, and checking its chain.</content>
public sealed partial class HashChainedLog
{
    /// <summary>Checks the whole chain of a log with its full files, also of one that is being written.</summary>
    /// <param name="path">The file being written.</param>
    /// <param name="options">
    /// As it was opened with. The oldest file of a log that begins new files may begin anywhere, since the ones before it are deleted in
    /// time.
    /// </param>
    /// <returns>How many records follow one another, and the first line that does not.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static HashChain Verify(string path, HashChainedLogOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        long records = 0;
        (long Sequence, string Hash)? expected = options.MaximumFileBytes is null ? (0, FirstPrevious) : null;
        foreach (var name in (IEnumerable<string>)[.. FullFilesOf(path, options), path])
        {
            using var file = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long number = 0;
            foreach (var line in ReadLines(file, options.MaximumLineBytes))
            {
                number++;
                if (line is null)
                {
                    return Broken("the line is torn or too long");
                }

                if (HashChainedLine.ReadLink(line) is not { } link)
                {
                    return Broken("the line is no record");
                }

                expected ??= link.Sequence == 0 ? (0, FirstPrevious) : (link.Sequence, link.Previous);
                if (link.Sequence != expected.Value.Sequence || link.Previous != expected.Value.Hash)
                {
                    return Broken("the line does not follow the one before it");
                }

                expected = (link.Sequence + 1, HashChainedLine.HashOf(line));
                records++;
            }

            HashChain Broken(string problem) => new(records, new HashChainBreak(name, number, problem));
        }

        return new HashChain(records, null);
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

    private static List<string> FullFilesOf(string path, HashChainedLogOptions options) =>
        options.MaximumFileBytes is null ? [] : FullFiles(path);

    private static (Position At, long First, long Torn) ReadEnd(string path, FileStream file, HashChainedLogOptions options)
    {
        var length = file.Length;
        var (last, torn) = ReadLastLine(path, file, options);
        if (last is not null)
        {
            var link = HashChainedLine.ReadLink(last) ?? throw Damaged(path, options);
            var first = options.MaximumFileBytes is null ? 0 : ReadFirst(path, file, options);
            return (new Position(length - torn, link.Sequence + 1, HashChainedLine.HashOf(last)), first, torn);
        }

        if (FullFilesOf(path, options).LastOrDefault() is not { } full)
        {
            return (new Position(0, 0, FirstPrevious), 0, torn);
        }

        // Stopped right after beginning a new file: the chain goes on from the full one.
        using var before = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var end = ReadLastLine(full, before, options).Line is { } tail && HashChainedLine.ReadLink(tail) is { } previous
            ? new Position(0, previous.Sequence + 1, HashChainedLine.HashOf(tail))
            : throw Damaged(full, options);
        return (end, end.Sequence, torn);
    }

    private static long ReadFirst(string path, FileStream file, HashChainedLogOptions options)
    {
        file.Position = 0;
        return ReadLines(file, options.MaximumLineBytes).First() is { } line && HashChainedLine.ReadLink(line) is { } start
            ? start.Sequence
            : throw Damaged(path, options);
    }

    // Only the end is read: a log may be large, and the whole chain is Verify's business.
    private static (byte[]? Line, long Torn) ReadLastLine(string path, FileStream file, HashChainedLogOptions options)
    {
        var length = file.Length;
        var window = new byte[Math.Min(length, 2L * options.MaximumLineBytes)];
        file.Position = length - window.Length;
        file.ReadExactly(window);
        var end = window.AsSpan().LastIndexOf((byte)'\n');
        if (end < 0)
        {
            return length <= options.MaximumLineBytes ? (null, length) : throw Damaged(path, options);
        }

        // Without a line end in front of it, the line begins before the window.
        var start = window.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
        return start == 0 && window.Length < length
            ? throw Damaged(path, options)
            : (window[start..end], window.Length - 1 - end);
    }

    private static InvalidDataException Damaged(string path, HashChainedLogOptions options) =>
        new($"The last record of the {options.Name} '{path}' is damaged, so that its chain cannot be continued. "
            + "Keep the file under another name; a new chain starts.");

    // Null for a line that is torn or too long, which is the last one then.
    private static IEnumerable<byte[]?> ReadLines(FileStream file, int maximumLine)
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
            if (line.Count > maximumLine)
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
