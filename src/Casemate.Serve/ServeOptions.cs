using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Broker;

namespace Casemate.Serve;

/// <summary>What a service needs and how it behaves. Validated as a whole at start; see <see cref="Problems"/>.</summary>
public sealed record ServeOptions
{
    /// <summary>Where to listen, <c>HOST:PORT</c> (<see cref="ListenAddress"/>). Default: <c>127.0.0.1:8080</c>.</summary>
    public string Listen { get; init; } = "127.0.0.1:8080";

    /// <summary>Speaks HTTP without TLS; on loopback addresses only. Default: false.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>
    /// Certificate, and what stands above it, PEM; null: the service makes one of its own. Read again when the file changes.
    /// </summary>
    public string? TlsCertificatePath { get; init; }

    /// <summary>The certificate's private key, PEM; given exactly when <see cref="TlsCertificatePath"/> is.</summary>
    public string? TlsKeyPath { get; init; }

    /// <summary>
    /// Names and addresses that clients use, for the service's own certificate; <c>localhost</c>, the loopback addresses and the host
    /// of <see cref="Listen"/> are always in it.
    /// </summary>
    public ImmutableArray<string> HostNames { get; init; } = [];

    /// <summary>Where keys, resources and records are kept (<see cref="Serve.StateDirectory"/>). Made if it is not there.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Accepted roots. Simulated evidence is accepted only under a root that is named here.</summary>
    public required TrustRoots Roots { get; init; }

    /// <summary>Where certificates and collateral come from.</summary>
    public required ICollateralSource Collateral { get; init; }

    /// <summary>What is accepted, and what is handed out for it.</summary>
    public required AppraisalPolicy Policy { get; init; }

    /// <summary>Accepts sample evidence, which anybody can make: every resource is then open to everybody. Default: false.</summary>
    public bool AcceptSampleEvidence { get; init; }

    /// <summary>
    /// Answers 401 where Confidential Containers' own broker does: in place of 400 and 403, and of 404 for a missing resource.
    /// Default: false.
    /// </summary>
    public bool KbsCompatibleStatusCodes { get; init; }

    /// <summary>What stands in every token.</summary>
    public TokenOptions Token { get; init; } = new();

    /// <summary>The broker's limits.</summary>
    public BrokerLimits Limits { get; init; } = new();

    /// <summary>The largest body of a request, 64 KiB to 64 MiB. Default: 2 MiB, what stock clients send at most.</summary>
    public int MaxRequestBodySize { get; init; } = 2 * 1024 * 1024;

    /// <summary>The largest resource, 1 byte to 16 MiB and at most <see cref="MaxRequestBodySize"/>. Default: 1 MiB.</summary>
    public int MaxResourceSize { get; init; } = DirectoryResourceStore.DefaultMaxResourceSize;

    /// <summary>The most connections at a time, 1 to 100,000. Default: 1,024.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>How long requests under way may take when the service stops, up to 5 minutes. Default: 10 seconds.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Everything that is wrong with the options, each with what to write instead; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        var listen = ListenAddress.TryParse(Listen ?? "");
        if (listen is null)
        {
            yield return $"Listen is '{Listen}': write HOST:PORT with an address, localhost or *, such as 127.0.0.1:8080 or [::1]:8080.";
        }
        else if (PlainHttp && !listen.IsLoopback)
        {
            yield return $"PlainHttp is set and Listen is '{Listen}': tokens and secrets would cross the network in the clear. "
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

        if (string.IsNullOrWhiteSpace(StateDirectory))
        {
            yield return "StateDirectory is empty: name the directory for keys, resources and records.";
        }

        foreach (var problem in (IEnumerable<string>)[.. Policy.ProblemsForBroker(), .. Limits.Problems(), .. Token.Problems()])
        {
            yield return problem;
        }

        if (MaxRequestBodySize is < 64 * 1024 or > 64 * 1024 * 1024)
        {
            yield return $"MaxRequestBodySize is {MaxRequestBodySize}: use 65536 to 67108864 bytes (default 2097152).";
        }

        if (MaxResourceSize is < 1 or > 16 * 1024 * 1024 || MaxResourceSize > MaxRequestBodySize)
        {
            yield return $"MaxResourceSize is {MaxResourceSize}: use 1 to 16777216 bytes, at most MaxRequestBodySize (default 1048576).";
        }

        if (MaxConnections is < 1 or > 100_000)
        {
            yield return $"MaxConnections is {MaxConnections}: use 1 to 100000 (default 1024).";
        }

        if (ShutdownTimeout < TimeSpan.Zero || ShutdownTimeout > TimeSpan.FromMinutes(5))
        {
            yield return $"ShutdownTimeout is {ShutdownTimeout}: use 0 to 5 minutes (default 10 seconds).";
        }
    }
}
