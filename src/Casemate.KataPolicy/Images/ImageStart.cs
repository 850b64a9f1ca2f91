using System.Collections.Immutable;
using Casemate.Oci.Documents;

namespace Casemate.KataPolicy.Images;

/// <summary>How an image starts a container unless its pod says otherwise, and whom its files know as users.</summary>
public sealed record ImageStart
{
    /// <summary>The user, and after a colon the group, as names or numbers; empty for root.</summary>
    public string User { get; init; } = "";

    /// <summary>The environment, each as <c>NAME=value</c>.</summary>
    public ImmutableArray<string> Env { get; init; } = [];

    /// <summary>The program and its first arguments.</summary>
    public ImmutableArray<string> Entrypoint { get; init; } = [];

    /// <summary>Arguments behind the entrypoint.</summary>
    public ImmutableArray<string> Cmd { get; init; } = [];

    /// <summary>The directory to start in; empty for the root.</summary>
    public string WorkingDir { get; init; } = "";

    /// <summary>Directories that are made volumes, in the order of their names.</summary>
    public ImmutableArray<string> Volumes { get; init; } = [];

    /// <summary>The signal that ends the program; empty for SIGTERM.</summary>
    public string StopSignal { get; init; } = "";

    /// <summary>The users of the image's passwd file; empty where it has none.</summary>
    public ImmutableArray<PasswdEntry> Users { get; init; } = [];

    /// <summary>The groups of the image's group file; empty where it has none.</summary>
    public ImmutableArray<GroupEntry> Groups { get; init; } = [];

    /// <summary>What could not be read of these files, as sentences; empty when all was.</summary>
    public ImmutableArray<string> Gaps { get; init; } = [];

    /// <summary>The start that an image's configuration and files say.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="passwd">The content of <c>/etc/passwd</c>; empty where there is none.</param>
    /// <param name="group">The content of <c>/etc/group</c>; empty where there is none.</param>
    public static ImageStart Of(ContainerConfig config, ReadOnlySpan<byte> passwd, ReadOnlySpan<byte> group)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new ImageStart
        {
            User = config.User ?? "",
            Env = [.. config.Env],
            Entrypoint = [.. config.Entrypoint],
            Cmd = [.. config.Cmd],
            WorkingDir = config.WorkingDir ?? "",
            Volumes = [.. config.Volumes.Order(StringComparer.Ordinal)],
            StopSignal = config.StopSignal ?? "",
            Users = UserFiles.ReadPasswd(passwd),
            Groups = UserFiles.ReadGroup(group),
        };
    }
}
