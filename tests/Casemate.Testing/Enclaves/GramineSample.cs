namespace Casemate.Testing.Enclaves;

/// <summary>
/// A stand-in for Gramine, of constructed files in the layout of an installation, and the files of an application's image. Nothing of it
/// runs; measurement, closure and hashes are those of real files.
/// </summary>
public static class GramineSample
{
    /// <summary>The loader of GNU programs.</summary>
    public const string Loader = "/lib64/ld-linux-x86-64.so.2";

    /// <summary>libpal.so, with segments as real ones have.</summary>
    public static byte[] Libpal { get; } = new EnclaveElf { CodeSize = 0x5123, BssSize = 0x1_2345, Variables = ["pal_start"] }.ToBytes();

    /// <summary>The files of Gramine, by their paths below its directory.</summary>
    public static IReadOnlyDictionary<string, byte[]> Runtime { get; } = new Dictionary<string, byte[]>
    {
        ["libsysdb.so"] = new ElfSample { SoName = "libsysdb.so" }.ToBytes(),
        ["sgx/loader"] = new ElfSample { Dynamic = false }.ToBytes(),
        ["sgx/libpal.so"] = Libpal,
        ["sgx/gdb_integration/sgx_gdb.so"] = [1],
        ["direct/loader"] = new ElfSample { Dynamic = false }.ToBytes(),
        ["direct/libpal.so"] = new ElfSample { SoName = "libpal.so" }.ToBytes(),
        ["runtime/glibc/libc.so.6"] = new ElfSample { SoName = "libc.so.6", Note = [7] }.ToBytes(),
        ["runtime/glibc/ld-linux-x86-64.so.2"] = new ElfSample { SoName = "ld-linux-x86-64.so.2", Note = [7] }.ToBytes(),
    };

    /// <summary>The files of an application's image: content, or the target of a link.</summary>
    public static IReadOnlyDictionary<string, object> Application { get; } = new Dictionary<string, object>
    {
        ["/usr/bin/app"] = new ElfSample { Interpreter = Loader, Needed = ["liba.so.1", "libc.so.6"] }.ToBytes(),
        ["/bin"] = "usr/bin",
        ["/lib64"] = "usr/lib64",
        ["/usr/lib64/ld-linux-x86-64.so.2"] = new ElfSample { SoName = "ld-linux-x86-64.so.2" }.ToBytes(),
        ["/usr/lib64/libc.so.6"] = new ElfSample { SoName = "libc.so.6" }.ToBytes(),
        ["/usr/lib64/liba.so.1.2"] = new ElfSample { SoName = "liba.so.1", Needed = ["libc.so.6"] }.ToBytes(),
        ["/usr/lib64/liba.so.1"] = "liba.so.1.2",
        ["/etc/ld.so.conf"] = "/usr/lib64\n"u8.ToArray(),
        ["/etc/passwd"] = "root:x:0:0::/:/bin/sh\nweb:x:1001:1002::/:/bin/sh\n"u8.ToArray(),
        ["/etc/group"] = "root:x:0:\nstaff:x:1500:\n"u8.ToArray(),
        ["/etc/shadow"] = "root:*:1::::::\n"u8.ToArray(),
        ["/etc/resolv.conf"] = "nameserver 1.2.3.4\n"u8.ToArray(),
        ["/srv/data/a.txt"] = "a"u8.ToArray(),
        ["/srv/data/b.txt"] = "b"u8.ToArray(),
        ["/srv/link.txt"] = "data/a.txt",
        ["/var/log/app.log"] = "old"u8.ToArray(),
    };

    /// <summary>Writes Gramine's files into a directory.</summary>
    public static void WriteRuntime(string directory)
    {
        foreach (var (name, bytes) in Runtime)
        {
            var path = Path.Combine(directory, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
            if (!OperatingSystem.IsWindows() && name.EndsWith("loader", StringComparison.Ordinal))
            {
                File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
            }
        }
    }

    /// <summary>Writes the application's files into a directory, as a root file system.</summary>
    public static void WriteApplication(string directory)
    {
        foreach (var (name, content) in Application)
        {
            var path = directory + name;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (content is string target)
            {
                File.CreateSymbolicLink(path, target);
                continue;
            }

            File.WriteAllBytes(path, (byte[])content);
            if (!OperatingSystem.IsWindows() && name.StartsWith("/usr/bin/", StringComparison.Ordinal))
            {
                File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
            }
        }
    }
}
