namespace Casemate.Rpc;

/// <summary>Where <see cref="RpcClient"/> connects to, and its limits.</summary>
public sealed record RpcClientOptions
{
    /// <summary>Path of the server's socket.</summary>
    public required string SocketPath { get; init; }

    /// <summary>
    /// The longest answer that is taken, in bytes, 1 to 1 GiB. Default: 4,194,304, as in grpc-go and with it the kubelet.
    /// </summary>
    public int MaxResponseBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long a connection may take to be made. Default: 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Every value that cannot be used, with what to write instead; empty when all can.</summary>
    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrEmpty(SocketPath))
        {
            yield return "SocketPath is empty: name the socket.";
        }

        if (MaxResponseBytes is < 1 or > 1024 * 1024 * 1024)
        {
            yield return $"MaxResponseBytes is {MaxResponseBytes}: use 1 to 1073741824 (default 4194304).";
        }

        if (ConnectTimeout <= TimeSpan.Zero || ConnectTimeout > TimeSpan.FromHours(1))
        {
            yield return $"ConnectTimeout is {ConnectTimeout}: use a time above zero and up to 1 h (default 5 s).";
        }
    }
}
