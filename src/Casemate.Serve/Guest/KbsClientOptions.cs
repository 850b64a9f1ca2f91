using Casemate.Primitives.Jose;

namespace Casemate.Serve.Guest;

/// <summary>How to reach a key broker service, and the limits on what it may send.</summary>
public sealed record KbsClientOptions
{
    /// <summary>The broker, such as <c>https://kbs.example:8443</c>; the protocol's path <c>/kbs/v0</c> is appended.</summary>
    public required Uri Address { get; init; }

    /// <summary>
    /// The broker's TLS certificate, DER. If given, exactly this certificate is accepted (its names are not compared, its
    /// validity is); if null, the system's trust store decides.
    /// </summary>
    public ReadOnlyMemory<byte>? PinnedCertificate { get; init; }

    /// <summary>
    /// Accepts an <c>http</c> address that is not loopback: whoever is on the way sees and can replace everything but the
    /// encrypted resources. Default: false.
    /// </summary>
    public bool AllowPlainHttpBeyondLoopback { get; init; }

    /// <summary>How long one request may take. Default: 30 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a handshake for a token is tried, at least 1. Default: 5.</summary>
    public int HandshakeAttempts { get; init; } = 5;

    /// <summary>The pause between two such tries, unless the broker asks for another. Default: 1 second.</summary>
    public TimeSpan HandshakeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a resource is asked for when the broker no longer knows the session, at least 1. Default: 3.</summary>
    public int ResourceAttempts { get; init; } = 3;

    /// <summary>The largest answer that may carry a resource, in bytes as sent. Default: 16 MiB.</summary>
    public int MaximumResourceAnswer { get; init; } = Jwe.MaxLength;
}
