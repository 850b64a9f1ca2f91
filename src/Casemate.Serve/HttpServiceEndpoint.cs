namespace Casemate.Serve;

/// <summary>Where a service over HTTP listens, and what its requests look like at most.</summary>
/// <param name="Listen">An address, <c>HOST:PORT</c> (<see cref="ListenAddress"/>); null: on <paramref name="SocketPath"/> alone.</param>
/// <param name="SocketPath">A Unix socket to listen on as well, plain HTTP, for its owner and group; null: none.</param>
public sealed record HttpServiceEndpoint(string? Listen, string? SocketPath = null)
{
    /// <summary>The longest request line, in bytes. Default: 8 KiB.</summary>
    public int MaxRequestLineSize { get; init; } = 8 * 1024;

    /// <summary>All headers of a request together, in bytes. Default: 32 KiB.</summary>
    public int MaxRequestHeadersSize { get; init; } = 32 * 1024;
}
