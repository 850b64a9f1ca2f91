using System.Text;
using Casemate.Images.Closure;
using Casemate.Images.Packages;
using Casemate.Testing;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>The files of an image that say where its libraries are and which packages it was made of.</summary>
public static class ClosureTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("loader-cache", Cache,
        [
            LoaderCacheBytes.New([("libc.so.6", "/lib/libc.so.6", 0x303, 0), ("libz.so.1", "/opt/libz.so.1", 0x303, 1UL << 62)], "x86-64-v3"),
            LoaderCacheBytes.Old([("libc.so.6", "/lib/libc.so.6", 0x303)]),
            LoaderCacheBytes.Both([("liba.so", "/a/liba.so", 3, 0), ("libb.so", "/b/libb.so", 0x303, 0)]),
        ]),
        new("loader-conf", Configuration,
        [
            "include /etc/ld.so.conf.d/*.conf\n/usr/local/lib # mine\nhwcap 1 nosegneg\n/opt/a=libc6, /opt/b:/opt/c\n"u8.ToArray(),
        ]),
        new("dpkg-status", Status,
        [
            Encoding.ASCII.GetBytes(
                "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\nDescription: C\n more\n\n"
                + "Package: old\nStatus: deinstall ok config-files\nVersion: 1\n"),
            "Package: zlib1g\nVersion: 1:1.2.13\n"u8.ToArray(),
        ]),
    ];

    private static bool Cache(ReadOnlySpan<byte> input)
    {
        if (!LoaderCache.TryRead(input, out var cache))
        {
            return false;
        }

        Require(cache.Entries.Length * 12 <= input.Length, "more entries than the file can hold", input);
        foreach (var entry in cache.Entries)
        {
            Require(entry.Name.Length > 0 && entry.Path.Length > 0, "an entry without a name or a path", input);
            Require(!entry.Name.Contains('\0') && !entry.Path.Contains('\0'), "a name with a zero byte", input);
            Require(
                cache.Find(entry.Name).All(found => found.Flags == LoaderCache.X86_64Flags && found.Name == entry.Name),
                "a library of another kind or name is found", input);
        }

        return true;
    }

    private static bool Configuration(ReadOnlySpan<byte> input)
    {
        var lines = LoaderConfiguration.Read(input);
        Require(lines.All(line => line.Text.Length > 0 || !line.IsInclude), "an include of nothing", input);
        Require(lines.All(line => line.IsInclude || line.Text.Length == 0 || line.Text[0] == '/'), "a directory that is not absolute", input);
        Require(lines.Count <= input.Length, "more lines than bytes", input);
        return lines.Count > 0;
    }

    private static bool Status(ReadOnlySpan<byte> input)
    {
        var packages = DpkgStatus.Read(input);
        foreach (var package in packages)
        {
            Require(package.Name.Length is > 0 and <= 200 && !package.Name.Contains('/') && package.Name[0] != '.', "a name that is a path", input);
            Require(!package.Version.Any(char.IsControl) && !package.Architecture.Any(char.IsControl), "a value with control characters", input);
        }

        return packages.Length > 0;
    }
}
