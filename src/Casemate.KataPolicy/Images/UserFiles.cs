using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Casemate.KataPolicy.Images;

/// <summary>
/// Reads the files that say who users are: <c>etc/passwd</c> and <c>etc/group</c>. Lines that are not of the form are passed over, as the
/// container runtimes do it. Sources: passwd(5), group(5); moby/sys/user.
/// </summary>
public static class UserFiles
{
    /// <summary>Lines that are read at most; the rest counts as not there.</summary>
    public const int MaxLines = 65_536;

    private const int MaxMembers = 65_536;

    /// <summary>Reads a passwd file.</summary>
    public static ImmutableArray<PasswdEntry> ReadPasswd(ReadOnlySpan<byte> content)
    {
        var entries = ImmutableArray.CreateBuilder<PasswdEntry>();
        foreach (var fields in Lines(content))
        {
            if (fields is [{ Length: > 0 } name, _, var uid, var gid, ..] && TryNumber(uid, out var user) && TryNumber(gid, out var group))
            {
                entries.Add(new PasswdEntry(name, user, group));
            }
        }

        return entries.ToImmutable();
    }

    /// <summary>Reads a group file.</summary>
    public static ImmutableArray<GroupEntry> ReadGroup(ReadOnlySpan<byte> content)
    {
        var entries = ImmutableArray.CreateBuilder<GroupEntry>();
        foreach (var fields in Lines(content))
        {
            if (fields is [{ Length: > 0 } name, _, var gid, ..] && TryNumber(gid, out var group))
            {
                var members = fields.Length > 3
                    ? fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];
                entries.Add(new GroupEntry(name, group, [.. members.Take(MaxMembers)]));
            }
        }

        return entries.ToImmutable();
    }

    private static List<string[]> Lines(ReadOnlySpan<byte> content)
    {
        var lines = new List<string[]>();
        foreach (var range in content.Split((byte)'\n'))
        {
            if (lines.Count == MaxLines)
            {
                break;
            }

            var line = Encoding.UTF8.GetString(content[range]).Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                lines.Add(line.Split(':'));
            }
        }

        return lines;
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
