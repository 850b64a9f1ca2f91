using System.Text;

namespace Casemate.Images.Packages;

/// <summary>
/// The database of apk, <c>/lib/apk/db/installed</c>: lines of a letter, a colon and a value. P package, V version, A architecture,
/// F directory, R file in it; an empty line ends a package.
/// </summary>
internal static class ApkInstalled
{
    /// <summary>Adds the packages of the files that are wanted. Never throws.</summary>
    public static void Find(ReadOnlySpan<byte> bytes, Dictionary<string, string> wanted, Dictionary<string, PackageOrigin> found)
    {
        var (package, directory) = (new PackageOrigin("apk", "", "", ""), "");
        foreach (var line in Encoding.UTF8.GetString(bytes).AsSpan().EnumerateLines())
        {
            if (line.IsEmpty)
            {
                (package, directory) = (new PackageOrigin("apk", "", "", ""), "");
            }
            else if (line.Length > 2 && line[1] == ':')
            {
                var value = line[2..].ToString();
                switch (line[0])
                {
                    case 'P':
                        package = package with { Name = value };
                        break;
                    case 'V':
                        package = package with { Version = value };
                        break;
                    case 'A':
                        package = package with { Architecture = value };
                        break;
                    case 'F':
                        directory = value;
                        break;
                    case 'R' when package.Name.Length > 0 && wanted.TryGetValue($"/{directory}/{value}", out var path):
                        found.TryAdd(path, package);
                        break;
                }
            }
        }
    }
}
