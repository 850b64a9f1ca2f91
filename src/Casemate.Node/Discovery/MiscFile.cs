namespace Casemate.Node.Discovery;

/// <summary>
/// Reads files of the misc cgroup controller: a key, a space and a number a line (Linux, Documentation/admin-guide/cgroup-v2.rst,
/// Misc).
/// </summary>
internal static class MiscFile
{
    /// <summary>A file longer than this is not one of the controller's.</summary>
    public const int Limit = 4096;

    private const int MaxLines = 64;
    private const int MaxKey = 64;

    // The unified hierarchy, then the controller mounted by itself as on hosts with the old hierarchy.
    private static readonly string[] Capacity = ["/sys/fs/cgroup/misc.capacity", "/sys/fs/cgroup/misc/misc.capacity"];

    /// <summary>Reads what the root can give.</summary>
    public static ValueList<MiscAmount> ReadCapacity(ScanNotes look)
    {
        foreach (var path in Capacity)
        {
            if (look.TryRead(path, Limit, out var file))
            {
                var amounts = Read(file.Content.Span, out var problems);
                foreach (var problem in problems)
                {
                    look.Warn(FindingId.ImplausibleValue, $"{path}: {problem}; the line is not counted.",
                        "Look at the file; the kernel writes 'key number' lines.");
                }

                return amounts;
            }
        }

        return [];
    }

    /// <summary>Reads the lines; those that are none of the controller's are told and left out.</summary>
    public static ValueList<MiscAmount> Read(ReadOnlySpan<byte> content, out IReadOnlyList<string> problems)
    {
        var amounts = new List<MiscAmount>();
        var told = new List<string>();
        problems = told;
        var count = 0;
        foreach (var range in content.Split((byte)'\n'))
        {
            var line = content[range].Trim(" \t\r"u8);
            if (line.IsEmpty)
            {
                continue;
            }

            if (++count > MaxLines)
            {
                told.Add($"it has more than {MaxLines} lines");
                break;
            }

            var space = line.IndexOf((byte)' ');
            if (space <= 0 || space > MaxKey || line[..space].ContainsAnyExcept(KeyBytes)
                || !ScanNotes.TryNumber(line[space..], long.MaxValue, out var value))
            {
                told.Add($"a line holds {ScanNotes.Shown(line)}");
                continue;
            }

            var key = System.Text.Encoding.ASCII.GetString(line[..space]);
            if (amounts.Any(amount => amount.Resource == key))
            {
                told.Add($"'{key}' is there twice");
                continue;
            }

            amounts.Add(new MiscAmount(key, value));
        }

        return [.. amounts];
    }

    private static readonly System.Buffers.SearchValues<byte> KeyBytes =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_."u8);
}
