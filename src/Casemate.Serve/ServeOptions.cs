using Casemate.Attestation;
using Casemate.Broker;

namespace Casemate.Serve;

/// <summary>What a service needs and how it behaves. Validated as a whole at start; see <see cref="Problems"/>.</summary>
public sealed record ServeOptions : HttpServiceOptions
{
    private const int UsualConnections = 1024;

    /// <summary>Where to listen, <c>HOST:PORT</c> (<see cref="ListenAddress"/>). Default: <c>127.0.0.1:8080</c>.</summary>
    public string Listen { get; init; } = "127.0.0.1:8080";

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

    /// <summary>
    /// The largest resource, 1 byte to 16 MiB and at most <see cref="HttpServiceOptions.MaxRequestBodySize"/>. Default: 1 MiB.
    /// </summary>
    public int MaxResourceSize { get; init; } = DirectoryResourceStore.DefaultMaxResourceSize;

    /// <summary>The most connections at a time, 1 to 100,000. Default: 1,024.</summary>
    public override int MaxConnections { get; init; } = UsualConnections;

    /// <inheritdoc/>
    public override IEnumerable<string> Problems()
    {
        if (ListenAddress.TryParse(Listen ?? "") is null)
        {
            yield return $"Listen is '{Listen}': write HOST:PORT with an address, localhost or *, such as 127.0.0.1:8080 or [::1]:8080.";
        }

        foreach (var problem in TlsProblems(Listen, "tokens and secrets"))
        {
            yield return problem;
        }

        if (string.IsNullOrWhiteSpace(StateDirectory))
        {
            yield return "StateDirectory is empty: name the directory for keys, resources and records.";
        }

        IEnumerable<string> others =
            [.. Policy.ProblemsForBroker(), .. Limits.Problems(), .. Token.Problems(), .. LimitProblems(UsualConnections)];
        foreach (var problem in others)
        {
            yield return problem;
        }

        if (MaxResourceSize is < 1 or > 16 * 1024 * 1024 || MaxResourceSize > MaxRequestBodySize)
        {
            yield return $"MaxResourceSize is {MaxResourceSize}: use 1 to 16777216 bytes, at most MaxRequestBodySize (default 1048576).";
        }
    }
}
