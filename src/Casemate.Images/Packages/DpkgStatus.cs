using System.Collections.Immutable;
using System.Text;

namespace Casemate.Images.Packages;

/// <summary>The status file of dpkg, <c>/var/lib/dpkg/status</c>: stanzas of fields, one a package. Source: deb-control(5), dpkg-query(1).</summary>
public static class DpkgStatus
{
    /// <summary>Packages that a status file may list.</summary>
    public const int MaxPackages = 200_000;

    private const int MaxValueLength = 512;

    /// <summary>Reads the packages that are unpacked. Never throws: a stanza without name, or with one that is none, is left out.</summary>
    /// <param name="bytes">The file.</param>
    public static ImmutableArray<PackageOrigin> Read(ReadOnlySpan<byte> bytes)
    {
        var packages = ImmutableArray.CreateBuilder<PackageOrigin>();
        var (name, version, architecture, isThere) = ("", "", "", true);
        while (!bytes.IsEmpty || name.Length > 0)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            if (line.IsEmpty || (line.Length == 1 && line[0] == '\r'))
            {
                if (isThere && IsName(name) && packages.Count < MaxPackages)
                {
                    packages.Add(new PackageOrigin("deb", name, version, architecture));
                }

                (name, version, architecture, isThere) = ("", "", "", true);
            }
            else if (Value(line, "Package:"u8) is { } package)
            {
                name = package;
            }
            else if (Value(line, "Version:"u8) is { } number)
            {
                version = number;
            }
            else if (Value(line, "Architecture:"u8) is { } machine)
            {
                architecture = machine;
            }
            else if (Value(line, "Status:"u8) is { } status)
            {
                // "want flag state": files of a package that was removed are gone, those of one that is half installed may be there.
                isThere = !status.EndsWith(" not-installed", StringComparison.Ordinal) && !status.EndsWith(" config-files", StringComparison.Ordinal);
            }
        }

        return packages.ToImmutable();
    }

    private static string? Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field)
    {
        if (!line.StartsWith(field) || line.Length > MaxValueLength)
        {
            return null;
        }

        var value = Encoding.Latin1.GetString(line[field.Length..]).Trim();
        return value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? "" : value;
    }

    // A path is made of it, so that it must not lead anywhere.
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 200 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_');
}
