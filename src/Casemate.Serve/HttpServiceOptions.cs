using System.Collections.Immutable;

namespace Casemate.Serve;

/// <summary>What every service over HTTP is told: TLS, names, limits and patience.</summary>
public abstract record HttpServiceOptions
{
    /// <summary>Speaks HTTP without TLS on its address; on loopback addresses only. Default: false.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>
    /// Certificate, and what stands above it, PEM; null: the service makes one of its own. Read again when the file changes.
    /// </summary>
    public string? TlsCertificatePath { get; init; }

    /// <summary>The certificate's private key, PEM; given exactly when <see cref="TlsCertificatePath"/> is.</summary>
    public string? TlsKeyPath { get; init; }

    /// <summary>
    /// Names and addresses that clients use, for the service's own certificate; <c>localhost</c>, the loopback addresses and the host
    /// that it listens on are always in it.
    /// </summary>
    public ImmutableArray<string> HostNames { get; init; } = [];

    /// <summary>The largest body of a request, 64 KiB to 64 MiB. Default: 2 MiB.</summary>
    public int MaxRequestBodySize { get; init; } = 2 * 1024 * 1024;

    /// <summary>The most connections at a time, 1 to 100,000.</summary>
    public abstract int MaxConnections { get; init; }

    /// <summary>How long requests under way may take when the service stops, up to 5 minutes. Default: 10 seconds.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Everything that is wrong with the options, each with what to write instead; empty when nothing is.</summary>
    public abstract IEnumerable<string> Problems();

    /// <summary>What is wrong with TLS and names.</summary>
    /// <param name="listen">Where the service listens, <c>HOST:PORT</c>; null: on no address.</param>
    /// <param name="inTheClear">What would cross the network without TLS, such as <c>tokens</c>.</param>
    protected IEnumerable<string> TlsProblems(string? listen, string inTheClear)
    {
        if (PlainHttp && listen is not null && ListenAddress.TryParse(listen) is { IsLoopback: false })
        {
            yield return $"PlainHttp is set and Listen is '{listen}': {inTheClear} would cross the network in the clear. "
                + "Leave PlainHttp out to get TLS, or listen on 127.0.0.1.";
        }

        if ((TlsCertificatePath is null) != (TlsKeyPath is null))
        {
            yield return "TlsCertificatePath and TlsKeyPath belong together: give both, or neither to have the service make a certificate.";
        }
        else if (PlainHttp && TlsCertificatePath is not null)
        {
            yield return "PlainHttp and TlsCertificatePath contradict each other: leave one out.";
        }

        foreach (var name in HostNames.IsDefault ? [] : HostNames)
        {
            if (Uri.CheckHostName(name) is UriHostNameType.Unknown)
            {
                yield return $"HostNames has '{name}': write a DNS name or an address, without port.";
            }
        }
    }

    /// <summary>What is wrong with the limits.</summary>
    /// <param name="usualConnections">The default of <see cref="MaxConnections"/>.</param>
    protected IEnumerable<string> LimitProblems(int usualConnections)
    {
        if (MaxRequestBodySize is < 64 * 1024 or > 64 * 1024 * 1024)
        {
            yield return $"MaxRequestBodySize is {MaxRequestBodySize}: use 65536 to 67108864 bytes (default 2097152).";
        }

        if (MaxConnections is < 1 or > 100_000)
        {
            yield return $"MaxConnections is {MaxConnections}: use 1 to 100000 (default {usualConnections}).";
        }

        if (ShutdownTimeout < TimeSpan.Zero || ShutdownTimeout > TimeSpan.FromMinutes(5))
        {
            yield return $"ShutdownTimeout is {ShutdownTimeout}: use 0 to 5 minutes (default 10 seconds).";
        }
    }
}
