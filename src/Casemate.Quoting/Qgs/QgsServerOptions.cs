namespace Casemate.Quoting.Qgs;

/// <summary>Settings of <see cref="QgsServer"/>.</summary>
public sealed record QgsServerOptions
{
    /// <summary>From accepting a connection to the end of its answer, above zero, at most an hour. Default: 30 s.</summary>
    public TimeSpan ConnectionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections at once, 1 to 65,536; further ones are closed. Default: 256.</summary>
    public int MaximumConnections { get; init; } = 256;

    /// <summary>
    /// Connections at once of one virtual machine: of one CID, or of one process by a path socket; at least 1. Further ones are closed.
    /// Processes that this one cannot see have no id and are not told apart. Default: 64.
    /// </summary>
    public int MaximumConnectionsPerPeer { get; init; } = 64;

    /// <summary>
    /// How often it is looked whether socket files are there and who waits for an answer has hung up, 1 ms to 1 minute. Default: 250 ms.
    /// </summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Permission bits of a path socket. Default: 0660, for the user and the group of the virtual machines' processes.
    /// </summary>
    public UnixFileMode SocketMode { get; init; } =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
}
