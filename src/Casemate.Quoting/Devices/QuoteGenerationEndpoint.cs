using System.Globalization;

namespace Casemate.Quoting.Devices;

/// <summary>Where a quote generation service listens: a Unix socket, or a port of a vsock.</summary>
public sealed record QuoteGenerationEndpoint
{
    /// <summary>The port that Intel's service has unless told otherwise.</summary>
    public const uint DefaultPort = 4050;

    /// <summary>The context id of the host of a virtual machine.</summary>
    public const uint HostContextId = 2;

    private QuoteGenerationEndpoint(string? path, uint contextId, uint port) => (Path, ContextId, Port) = (path, contextId, port);

    /// <summary>Intel's service on the host, as a TD reaches it.</summary>
    public static QuoteGenerationEndpoint Host { get; } = Vsock(HostContextId, DefaultPort);

    /// <summary>The socket's path; null for a vsock.</summary>
    public string? Path { get; }

    /// <summary>The context id; only for a vsock.</summary>
    public uint ContextId { get; }

    /// <summary>The port; only for a vsock.</summary>
    public uint Port { get; }

    /// <summary>A vsock.</summary>
    public static QuoteGenerationEndpoint Vsock(uint contextId, uint port) => new(null, contextId, port);

    /// <summary>A Unix socket.</summary>
    /// <param name="path">Its path, at most 107 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    public static QuoteGenerationEndpoint Unix(string path)
    {
        const int maximumPath = 107;
        ArgumentException.ThrowIfNullOrEmpty(path);
        return System.Text.Encoding.UTF8.GetByteCount(path) <= maximumPath
            ? new QuoteGenerationEndpoint(path, 0, 0)
            : throw new ArgumentException($"A socket's path has at most {maximumPath} bytes.", nameof(path));
    }

    /// <summary>The path, or <c>vsock:CID:PORT</c>.</summary>
    public override string ToString() => Path ?? string.Create(CultureInfo.InvariantCulture, $"vsock:{ContextId}:{Port}");
}
