using System.Collections.Immutable;
using System.Text;
using Casemate.Images.Closure;
using Casemate.Oci.Layers;
using Casemate.Oci.Tar;

namespace Casemate.Images.Packing;

/// <summary>
/// What every image has besides a program's files: directories that runtimes mount over, and files that must not come from the machine
/// that packs, because they name its users and its network.
/// </summary>
internal static class RootFrame
{
    private const int StickyForAll = 0x3FF;                                // 1777
    private const int Usual = 0x1ED;                                       // 0755

    private static readonly (string Path, int Mode, string Why)[] s_directories =
    [
        ("/dev", Usual, "mounted over by the runtime"),
        ("/proc", Usual, "mounted over by the runtime"),
        ("/sys", Usual, "mounted over by the runtime"),
        ("/run", Usual, "for sockets that are mounted"),
        ("/tmp", StickyForAll, "for temporary files"),
        ("/var/tmp", StickyForAll, "for temporary files"),
    ];

    /// <summary>The directories of the frame, and the one that the program works in.</summary>
    public static IEnumerable<PackedFile> Directories(PackOptions options)
    {
        foreach (var (path, mode, why) in s_directories)
        {
            yield return new PackedFile(path, TarEntryKind.Directory, PackLayer.Base, mode, Why(why));
        }

        var oldName = Why("the old name of /run, where aesmd has its socket");
        yield return new PackedFile("/var/run", TarEntryKind.SymbolicLink, PackLayer.Base, 0x1FF, oldName)
        {
            LinkTarget = "/run",
        };
        if (options.WorkingDirectory != "/" && s_directories.All(directory => directory.Path != options.WorkingDirectory))
        {
            yield return new PackedFile(
                options.WorkingDirectory, TarEntryKind.Directory, PackLayer.Application, Usual, Why("the working directory"));
        }
    }

    /// <summary>The files that are made here; they stand in place of those of the root.</summary>
    public static IEnumerable<(string Path, byte[] Content, string Why)> Files(PackOptions options)
    {
        var ids = options.User.Split(':');
        var (user, group) = (ids[0], ids.Length > 1 ? ids[1] : ids[0]);
        var passwd = "root:x:0:0:root:/:/sbin/nologin\n" + (user == "0" ? "" : $"nonroot:x:{user}:{group}:nonroot:/:/sbin/nologin\n");
        var groups = "root:x:0:\n" + (group == "0" ? "" : $"nonroot:x:{group}:\n");
        yield return ("/etc/passwd", Encoding.ASCII.GetBytes(passwd), "made: root and the user of the image");
        yield return ("/etc/group", Encoding.ASCII.GetBytes(groups), "made: the groups of the image");
        yield return ("/etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n"u8.ToArray(), "made: mounted over by the runtime");
        yield return ("/etc/resolv.conf", [], "made: mounted over by the runtime");
        yield return ("/etc/hostname", "localhost\n"u8.ToArray(), "made: mounted over by the runtime");
        yield return (
            "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"u8.ToArray(),
            "made: what the C library asks for names");
    }

    /// <summary>A made file.</summary>
    public static PackedFile Made(string path, byte[] content, PackLayer layer, string why) =>
        new(path, TarEntryKind.File, layer, 0x1A4, Why(why))
        {
            Content = ContentSource.FromBytes(content),
            Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)),
        };

    private static ImmutableArray<ClosureReason> Why(string why) => [new ClosureReason(ClosureReasonKind.Data, null, why)];
}
