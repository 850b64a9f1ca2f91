using System.Text;
using Casemate.Images.Roots;
using Casemate.Oci;

namespace Casemate.Images.Closure;

/// <summary>
/// <c>/etc/ld.so.conf</c>: the directories from which the loader's cache is made, with the files that it includes. Source: ldconfig(8).
/// </summary>
public static class LoaderConfiguration
{
    private const int MaxFiles = 256;
    private const int MaxDirectories = 1024;
    private const int MaxBytes = 1024 * 1024;

    /// <summary>Splits one file into what it says. Never throws.</summary>
    /// <param name="bytes">The file; what is not UTF-8 is read as a replacement character.</param>
    /// <returns>Directories, and patterns of files to include, in order; comments and lines of <c>hwcap</c> are left out.</returns>
    public static IReadOnlyList<(bool IsInclude, string Text)> Read(ReadOnlySpan<byte> bytes)
    {
        var lines = new List<(bool, string)>();
        foreach (var range in Encoding.UTF8.GetString(bytes).EnumerateLines())
        {
            var line = range.ToString();
            line = (line.IndexOf('#') is >= 0 and var comment ? line[..comment] : line).Trim();
            var word = line.Split((char[])[' ', '\t'], 2);
            if (word[0] == "include" && word.Length == 2)
            {
                lines.AddRange(word[1].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(pattern => (true, pattern)));
            }
            else if (word[0] != "hwcap" && line.Length > 0)
            {
                // A directory may name the type of its libraries, which nothing reads any more; several stand on one line.
                lines.AddRange(line.Split((char[])[' ', '\t', ',', ':'], StringSplitOptions.RemoveEmptyEntries)
                    .Select(directory => directory.Split('=')[0].TrimEnd('/'))
                    .Where(directory => directory.StartsWith('/')).Select(directory => (false, directory)));
            }
        }

        return lines;
    }

    /// <summary>Reads <c>/etc/ld.so.conf</c> of a root with everything that it includes.</summary>
    /// <param name="walk">The root.</param>
    /// <returns>The directories in order, each once; empty when there is no such file.</returns>
    /// <exception cref="OciException"><see cref="OciError.LimitExceeded"/>: there are more than 256 files or 1,024 directories.</exception>
    public static IReadOnlyList<string> Directories(RootWalk walk)
    {
        ArgumentNullException.ThrowIfNull(walk);
        var directories = new List<string>();
        Read(walk, "/etc/ld.so.conf", directories, []);
        return directories;
    }

    private static void Read(RootWalk walk, string path, List<string> directories, HashSet<string> seen)
    {
        if (walk.Resolve(path) is not { Entry.Kind: RootEntryKind.File } file || !seen.Add(file.Path))
        {
            return;
        }

        foreach (var (isInclude, text) in Read(walk.Read(file, MaxBytes)))
        {
            if (seen.Count > MaxFiles || directories.Count > MaxDirectories)
            {
                throw new OciException(OciError.LimitExceeded, "/etc/ld.so.conf includes more than 256 files or names more than 1,024 directories");
            }

            if (isInclude)
            {
                var pattern = text.StartsWith('/') ? text : file.Path[..(file.Path.LastIndexOf('/') + 1)] + text;
                foreach (var included in FilePattern.Find(walk, pattern))
                {
                    Read(walk, included, directories, seen);
                }
            }
            else if (!directories.Contains(text, StringComparer.Ordinal))
            {
                directories.Add(text);
            }
        }
    }
}
