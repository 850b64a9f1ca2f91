using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Rpc;

/// <summary>What <see cref="RpcServer"/> serves, where, and within which limits.</summary>
public sealed record RpcServerOptions
{
    /// <summary>Absolute path of the socket, at most 107 bytes in UTF-8; its directory has to exist.</summary>
    public required string SocketPath { get; init; }

    /// <summary>The methods; no path twice.</summary>
    public required IReadOnlyList<RpcMethod> Methods { get; init; }

    /// <summary>
    /// Permission bits of the socket, whatever the umask. Default: 0600, for the kubelet, which is root, as this process is.
    /// </summary>
    public UnixFileMode Mode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The longest request that is taken, in bytes, 1 to 1 GiB. Default: 16 MiB.</summary>
    public int MaxRequestBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How long a request may take from its headers to its last byte. Default: 10 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections at once, 1 to 65,536; further ones are closed. Default: 128.</summary>
    public int MaxConnections { get; init; } = 128;

    /// <summary>How long <see cref="RpcServer.DisposeAsync"/> lets unary calls finish. Default: 5 s.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a stop, once streaming calls have ended, waits for peers to hang up by themselves before it does. A peer that closes its
    /// connection has seen the end of its stream; one whose connection is closed for it may notice any time later. Default: not at all.
    /// </summary>
    public TimeSpan PeerPatience { get; init; } = TimeSpan.Zero;

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the log goes. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Path.IsPathFullyQualified(SocketPath))
        {
            yield return $"SocketPath is '{SocketPath}': use an absolute path.";
        }

        var paths = new HashSet<string>(StringComparer.Ordinal);
        if (Methods.FirstOrDefault(method => !paths.Add(method.Path)) is { } twice)
        {
            yield return $"Methods has {twice.Path} more than once: serve each method once.";
        }

        if (MaxRequestBytes is < 1 or > 1024 * 1024 * 1024)
        {
            yield return $"MaxRequestBytes is {MaxRequestBytes}: use 1 to 1073741824 (default 16777216).";
        }

        if (MaxConnections is < 1 or > 65536)
        {
            yield return $"MaxConnections is {MaxConnections}: use 1 to 65536 (default 128).";
        }

        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout > TimeSpan.FromHours(1))
        {
            yield return $"RequestTimeout is {RequestTimeout}: use a time above zero and up to 1 h (default 10 s).";
        }

        if (PeerPatience < TimeSpan.Zero || PeerPatience > TimeSpan.FromHours(1))
        {
            yield return $"PeerPatience is {PeerPatience}: use zero to 1 h (default zero).";
        }

        if (StopPatience < TimeSpan.Zero || StopPatience > TimeSpan.FromHours(1))
        {
            yield return $"StopPatience is {StopPatience}: use zero to 1 h (default 5 s).";
        }
    }
}
