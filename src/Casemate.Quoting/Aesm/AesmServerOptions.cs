namespace Casemate.Quoting.Aesm;

/// <summary>Settings of <see cref="AesmServer"/>. Every default serves a node with some hundred pods.</summary>
public sealed record AesmServerOptions
{
    /// <summary>Permission bits of path sockets, whatever the umask. Default: 0666, so that any user of a container can connect.</summary>
    public UnixFileMode SocketMode { get; init; } =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Connections that may wait to be accepted, 1 to 4096. Default: 512.</summary>
    public int Backlog { get; init; } = 512;

    /// <summary>Connections in total, 1 to 65,536. Default: 2,048.</summary>
    public int MaximumConnections { get; init; } = 2048;

    /// <summary>
    /// Connections of one user by one socket, at least 1. Those whose pod is known count against the pod's limit instead. Default: 1,024.
    /// </summary>
    public int MaximumConnectionsPerUser { get; init; } = 1024;

    /// <summary>
    /// Connections of one pod, at least 1. A request by a further one is answered with <see cref="AesmError.Busy"/>. Default: 1,024.
    /// </summary>
    public int MaximumConnectionsPerPod { get; init; } = 1024;

    /// <summary>
    /// Connections of one process by one socket, at least 1. Processes that this one cannot see have no id and are not counted.
    /// Default: 256.
    /// </summary>
    public int MaximumConnectionsPerProcess { get; init; } = 256;

    /// <summary>From the first byte of a header to its last, and again from there to the last byte of the body. Default: 5 s.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From the first byte of an answer to its last. Default: 5 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may be silent between requests. Default: 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often deadlines and socket files are looked at, 1 ms to 1 minute. Default: 250 ms.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        if (Backlog is < 1 or > 4096)
        {
            yield return $"Backlog is {Backlog}: use 1 to 4096 (default 512).";
        }

        if (MaximumConnections is < 1 or > 65536)
        {
            yield return $"MaximumConnections is {MaximumConnections}: use 1 to 65536 (default 2048).";
        }

        if (MaximumConnectionsPerUser < 1 || MaximumConnectionsPerPod < 1 || MaximumConnectionsPerProcess < 1)
        {
            yield return "MaximumConnectionsPerUser, MaximumConnectionsPerPod and MaximumConnectionsPerProcess: "
                + "use 1 or more (defaults 1024, 1024 and 256).";
        }

        if (ReadTimeout <= TimeSpan.Zero || WriteTimeout <= TimeSpan.Zero || IdleTimeout <= TimeSpan.Zero)
        {
            yield return "ReadTimeout, WriteTimeout and IdleTimeout: use a time above zero (defaults 5 s, 5 s, 60 s).";
        }

        if (WatchInterval < TimeSpan.FromMilliseconds(1) || WatchInterval > TimeSpan.FromMinutes(1))
        {
            yield return $"WatchInterval is {WatchInterval}: use 1 ms to 1 minute (default 250 ms).";
        }
    }
}
