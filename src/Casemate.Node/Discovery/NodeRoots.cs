namespace Casemate.Node.Discovery;

/// <summary>Where the trees of the system are mounted, so that a container or a test can have them elsewhere.</summary>
public sealed record NodeRoots
{
    /// <summary>Where they are on a machine.</summary>
    public static readonly NodeRoots Default = new();

    /// <summary>sysfs. Default <c>/sys</c>.</summary>
    public string Sys { get; init; } = "/sys";

    /// <summary>The device nodes. Default <c>/dev</c>.</summary>
    public string Dev { get; init; } = "/dev";

    /// <summary>procfs. Default <c>/proc</c>.</summary>
    public string Proc { get; init; } = "/proc";

    /// <summary>The kernel's configuration. Default <c>/boot</c>.</summary>
    public string Boot { get; init; } = "/boot";

    /// <summary>The kubelet's directory, which holds <c>device-plugins</c>. Default <c>/var/lib/kubelet</c>.</summary>
    public string Kubelet { get; init; } = "/var/lib/kubelet";

    /// <summary>The roots of a machine whose file system is mounted at <paramref name="root"/>.</summary>
    public static NodeRoots Under(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        return new NodeRoots
        {
            Sys = full + "/sys",
            Dev = full + "/dev",
            Proc = full + "/proc",
            Boot = full + "/boot",
            Kubelet = full + "/var/lib/kubelet",
        };
    }

    /// <summary>Translates a path as the machine knows it, such as <c>/sys/fs/cgroup</c>, to where it is mounted.</summary>
    internal string Locate(string path) => path switch
    {
        _ when Below(path, "/sys", Sys) is { } found => found,
        _ when Below(path, "/dev", Dev) is { } found => found,
        _ when Below(path, "/proc", Proc) is { } found => found,
        _ when Below(path, "/boot", Boot) is { } found => found,
        _ => throw new ArgumentException($"'{path}' is in none of the trees that are looked at.", nameof(path)),
    };

    private static string? Below(string path, string tree, string mounted) =>
        path == tree ? mounted : path.StartsWith(tree + "/", StringComparison.Ordinal) ? mounted + path[tree.Length..] : null;
}
