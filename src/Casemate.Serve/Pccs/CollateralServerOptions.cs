using System.Collections.Immutable;
using Casemate.Attestation;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Serve.Pccs;

/// <summary>What a collateral service needs and how it behaves. Validated as a whole at start; see <see cref="Problems"/>.</summary>
public sealed record CollateralServerOptions : HttpServiceOptions
{
    private const int UsualConnections = 4096;

    /// <summary>Where to listen, <c>HOST:PORT</c>; null: on <see cref="SocketPath"/> alone. Default: <c>127.0.0.1:8081</c>.</summary>
    public string? Listen { get; init; } = "127.0.0.1:8081";

    /// <summary>A Unix socket to listen on as well, plain HTTP, for its owner and group; null: none.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Where collateral, registrations and policies are kept. Made if it is not there; several services may share it.</summary>
    public required string StoreDirectory { get; init; }

    /// <summary>Accepted roots: nothing is served that does not lead to one of them.</summary>
    public required TrustRoots Roots { get; init; }

    /// <summary>What happens when something is missing. Default: <see cref="CollateralMode.Lazy"/>.</summary>
    public CollateralMode Mode { get; init; }

    /// <summary>Where collateral comes from, first choice first. Disposed with the service; not asked in offline mode.</summary>
    public ImmutableArray<ICollateralUpstream> Upstreams { get; init; } = [];

    /// <summary>Registers multi-package machines with Intel; null: nobody does. Disposed with the service; not used in offline
    /// mode.</summary>
    public PlatformRegistrar? Registrar { get; init; }

    /// <summary>Collateral to begin with, such as a bundle's, not verified: all of it is taken into the store at the start, but for what
    /// is past its end; when a piece does not verify, the service does not start. Default: none.</summary>
    public ImmutableArray<StoredCollateral> InitialCollateral { get; init; } = [];

    /// <summary>What to call <see cref="InitialCollateral"/> in messages.</summary>
    public string InitialCollateralName { get; init; } = "the collateral to begin with";

    /// <summary>Settings of the cache.</summary>
    public CollateralServiceOptions Service { get; init; } = new();

    /// <summary>
    /// Whether only machines that registered (with the user's token), or whose certificates an administrator brought, get PCK
    /// certificates. Otherwise, in lazy mode, anyone who reaches the service may have certificates kept under a QE id that is not known
    /// yet, as with the reference PCCS. Default: false, because clients ask without registering.
    /// </summary>
    public bool RegisteredMachinesOnly { get; init; }

    /// <summary>
    /// How many machines that are not known yet one source (an IPv4 address, an IPv6 /64, the Unix socket) may ask certificates for in an
    /// hour, 1 to 100,000; the /48 around an IPv6 source eight times, the /32 sixty-four times as many. Default: 256.
    /// </summary>
    public int MaxNewMachinesPerSource { get; init; } = 256;

    /// <summary>SHA-512 of the token that machines register with, 128 hex digits; null: nobody may register.</summary>
    public string? UserTokenHash { get; init; }

    /// <summary>SHA-512 of the administrator's token, 128 hex digits; null: there is no administrator.</summary>
    public string? AdminTokenHash { get; init; }

    /// <summary>Addresses of the root's CRL besides Intel's own that <c>crl?uri=</c> answers for, such as a simulator's.</summary>
    public ImmutableArray<string> RootCrlAddresses { get; init; } = [];

    /// <summary>The most registrations that wait, 1 to 1,000,000. Default: 10,000.</summary>
    public int MaxRegistrations { get; init; } = 10_000;

    /// <summary>The most connections at a time, 1 to 100,000. Default: 4,096.</summary>
    public override int MaxConnections { get; init; } = UsualConnections;

    /// <summary>How long a body may take to arrive, 1 s to 5 minutes. Default: 15 s, as the reference.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long an answer may wait for upstreams, 1 s to 5 minutes. Then it is 503, while fetching goes on for whoever asks again.
    /// Default: 60 s.
    /// </summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems()
    {
        if (Listen is not null && ListenAddress.TryParse(Listen) is null)
        {
            yield return $"Listen is '{Listen}': write HOST:PORT with an address, localhost or *, such as 127.0.0.1:8081 or *:8081.";
        }
        else if (Listen is null && SocketPath is null)
        {
            yield return "Listen and SocketPath are both missing: give at least one.";
        }

        foreach (var problem in TlsProblems(Listen, "tokens"))
        {
            yield return problem;
        }

        if (string.IsNullOrWhiteSpace(StoreDirectory))
        {
            yield return "StoreDirectory is empty: name the directory for collateral and registrations.";
        }

        (string, string?)[] hashes = [(nameof(UserTokenHash), UserTokenHash), (nameof(AdminTokenHash), AdminTokenHash)];
        foreach (var (name, hash) in hashes)
        {
            if (hash is not null && !TokenHash.IsWellFormed(hash))
            {
                yield return $"{name} is not 128 hex digits: write the output of 'printf %s TOKEN | sha512sum', never the token itself.";
            }
        }

        if (!Enum.IsDefined(Mode))
        {
            yield return $"Mode is {(int)Mode}: use Lazy, Request or Offline.";
        }
        else if (Mode is not CollateralMode.Offline && Upstreams.IsDefaultOrEmpty)
        {
            yield return $"Mode is {Mode} and Upstreams is empty: name where collateral comes from, or choose Offline.";
        }

        foreach (var problem in LimitProblems(UsualConnections).Concat(Ranges()))
        {
            yield return problem;
        }
    }

    private IEnumerable<string> Ranges()
    {
        if (MaxRegistrations is < 1 or > 1_000_000)
        {
            yield return $"MaxRegistrations is {MaxRegistrations}: use 1 to 1000000 (default 10000).";
        }

        if (MaxNewMachinesPerSource is < 1 or > 100_000)
        {
            yield return $"MaxNewMachinesPerSource is {MaxNewMachinesPerSource}: use 1 to 100000 (default 256).";
        }

        if (RegisteredMachinesOnly && UserTokenHash is null && AdminTokenHash is null)
        {
            yield return "RegisteredMachinesOnly is set and there is neither UserTokenHash nor AdminTokenHash: no machine could ever "
                + "register. Give one of them.";
        }

        (string, TimeSpan)[] times = [(nameof(RequestTimeout), RequestTimeout), (nameof(AnswerTimeout), AnswerTimeout)];
        foreach (var (name, value) in times)
        {
            if (value < TimeSpan.FromSeconds(1) || value > TimeSpan.FromMinutes(5))
            {
                yield return $"{name} is {value}: use 1 second to 5 minutes.";
            }
        }
    }
}
