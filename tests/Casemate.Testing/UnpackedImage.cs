using System.Text.Json;

namespace Casemate.Testing;

/// <summary>
/// An image of a layout, unpacked with <c>tar</c> and read with nothing of ours, and its programs run in it: under <c>chroot</c>, as the
/// image's user, with the image's environment and nothing else but <c>/proc</c> and <c>/dev</c>, which every runtime mounts.
/// </summary>
public sealed class UnpackedImage
{
    private UnpackedImage(string root, JsonElement manifest, JsonElement config) => (Root, Manifest, Config) = (root, manifest, config);

    /// <summary>The directory with its files.</summary>
    public string Root { get; }

    /// <summary>The manifest.</summary>
    public JsonElement Manifest { get; }

    /// <summary>The configuration: its member <c>config</c>.</summary>
    public JsonElement Config { get; }

    /// <summary>Whether this user may run programs in another root.</summary>
    public static async Task<bool> CanRunAsync() =>
        File.Exists("/usr/bin/unshare") && (await ChildProgram.RunAsync("/usr/bin/unshare", [.. Namespaces, "true"])).ExitCode == 0;

    /// <summary>Unpacks the image of a layout that has a name.</summary>
    /// <param name="layout">The layout's directory.</param>
    /// <param name="target">A directory, made here.</param>
    public static async Task<UnpackedImage> OfAsync(string layout, string target)
    {
        using var index = Read(Path.Combine(layout, "index.json"));
        var named = index.RootElement.GetProperty("manifests").EnumerateArray()
            .Single(entry => entry.TryGetProperty("annotations", out var notes)
                && notes.TryGetProperty("org.opencontainers.image.ref.name", out _));
        var manifest = Read(BlobPath(layout, named)).RootElement;
        var config = Read(BlobPath(layout, manifest.GetProperty("config"))).RootElement.GetProperty("config");
        Directory.CreateDirectory(target);
        foreach (var layer in manifest.GetProperty("layers").EnumerateArray())
        {
            var unpacked = await ChildProgram.RunAsync("tar",
                ["--extract", "--gzip", "--same-permissions", "--file", BlobPath(layout, layer), "--directory", target]);
            if (unpacked.ExitCode != 0)
            {
                throw new InvalidOperationException(unpacked.Error);
            }
        }

        return new UnpackedImage(target, manifest, config);
    }

    /// <summary>Starts what the image starts, or another command in it.</summary>
    public Task<ChildProgram> RunAsync(params string[] command)
    {
        var words = command.Length > 0 ? command : [.. Words("Entrypoint"), .. Words("Cmd")];
        // Variables are set outside, because there is no 'env' inside.
        const string script = "mount --rbind /proc \"$1/proc\" && mount --rbind /dev \"$1/dev\" && shift && exec env -i \"$@\"";
        string[] user = Environment.IsPrivilegedProcess ? [$"--userspec={Config.GetProperty("User").GetString()}"] : [];
        return ChildProgram.RunAsync(
            "/usr/bin/unshare", [.. Namespaces, "/bin/sh", "-c", script, "sh", Root, .. Words("Env"), "/usr/sbin/chroot", .. user, Root,
                .. words]);
    }

    /// <summary>A list of texts of the configuration.</summary>
    public string[] Words(string member) =>
        Config.TryGetProperty(member, out var words) ? [.. words.EnumerateArray().Select(word => word.GetString()!)] : [];

    /// <summary>Bytes of all files, hidden ones too; a symbolic link has none of its own.</summary>
    public long Size => new DirectoryInfo(Root).EnumerateFiles(
        "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Sum(file => file.Length);

    private static string[] Namespaces => Environment.IsPrivilegedProcess ? ["--mount"] : ["--map-root-user", "--mount"];

    private static string BlobPath(string layout, JsonElement descriptor) =>
        Path.Combine(layout, "blobs", descriptor.GetProperty("digest").GetString()!.Replace(':', '/'));

    private static JsonDocument Read(string path) => JsonDocument.Parse(File.ReadAllBytes(path));
}
