using System.Collections.Immutable;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// What the simulated provisioning service says in a TCB info. <see cref="Sgx"/> and <see cref="Tdx"/> hold several levels, the newest
/// one (which the default machine meets) being UpToDate. Source: Intel PCS API v3 and v4, "Get TCB Info".
/// </summary>
/// <example>
/// A platform that is out of date, with an advisory:
/// <code>
/// var old = platform.Dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo.WithNewestLevel("OutOfDate", "INTEL-SA-00615") });
/// </code>
/// </example>
public sealed record TcbInfoContent
{
    private static readonly ImmutableArray<PlatformTcbLevel> DefaultLevels =
    [
        Level([8, 8, 3, 3, 4, 1, 0, 6], 13, [6, 1, 8], "UpToDate"),
        Level([8, 8, 3, 3, 4, 0, 0, 6], 13, [6, 1, 8], "ConfigurationNeeded", "INTEL-SA-00657"),
        Level([7, 7, 3, 3, 4, 1, 0, 5], 13, [6, 1, 7], "OutOfDate", "INTEL-SA-00960", "INTEL-SA-01036"),
        Level([7, 7, 3, 3, 4, 0, 0, 5], 13, [6, 1, 7], "OutOfDateConfigurationNeeded", "INTEL-SA-00657", "INTEL-SA-00960"),
        Level([5, 5, 2, 2, 3, 0, 0, 3], 11, [3, 1, 5], "OutOfDate", "INTEL-SA-00615", "INTEL-SA-00657", "INTEL-SA-00960"),
        Level([1, 1, 0, 0, 0, 0, 0, 0], 5, [0, 0, 0], "Revoked", "INTEL-SA-00106", "INTEL-SA-00115"),
    ];

    /// <summary>Version 3, for SGX.</summary>
    public static TcbInfoContent Sgx { get; } = new() { Id = "SGX" };

    /// <summary>Version 3, for TDX, with module identities TDX_01 and TDX_03.</summary>
    public static TcbInfoContent Tdx { get; } = new()
    {
        Id = "TDX",
        TdxModule = new TdxModuleSigner(),
        TdxModuleIdentities =
        [
            new TdxModuleIdentity("TDX_03") { Levels = [new(4, "UpToDate"), new(2, "OutOfDate")] },
            new TdxModuleIdentity("TDX_01") { Levels = [new(6, "UpToDate"), new(4, "OutOfDate"), new(1, "Revoked")] },
        ],
    };

    /// <summary>Member <c>id</c>; null leaves it out. Version 2 documents have none.</summary>
    public string? Id { get; init; }

    /// <summary>
    /// Member <c>version</c>. 2 writes the layout of the PCS v3 API, 1 the retired one before it, every other number that of the v4 API.
    /// Default: 3.
    /// </summary>
    public int Version { get; init; } = 3;

    /// <summary>Member <c>issueDate</c>; null: the begin of the day (UTC) for which collateral was asked.</summary>
    public DateTimeOffset? IssueDate { get; init; }

    /// <summary>Member <c>nextUpdate</c>; null: 30 days after the begin of the day for which collateral was asked.</summary>
    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>Member <c>fmspc</c>, 6 bytes; null: the machine's.</summary>
    public byte[]? Fmspc { get; init; }

    /// <summary>Member <c>pceId</c>, 2 bytes; null: the machine's.</summary>
    public byte[]? PceId { get; init; }

    /// <summary>Member <c>tcbType</c>. Default: 0.</summary>
    public int TcbType { get; init; }

    /// <summary>Member <c>tcbEvaluationDataNumber</c>. Default: 20.</summary>
    public int TcbEvaluationDataNumber { get; init; } = 20;

    /// <summary>Member <c>tdxModule</c>; null leaves it out.</summary>
    public TdxModuleSigner? TdxModule { get; init; }

    /// <summary>Member <c>tdxModuleIdentities</c>; left out when empty.</summary>
    public ImmutableArray<TdxModuleIdentity> TdxModuleIdentities { get; init; } = [];

    /// <summary>Member <c>tcbLevels</c>, in the order in which they are written: newest first, as Intel does.</summary>
    public ImmutableArray<PlatformTcbLevel> Levels { get; init; } = DefaultLevels;

    /// <summary>A copy whose first level, the one that the default machine matches, has another status.</summary>
    /// <param name="status">The status word.</param>
    /// <param name="advisoryIds">The level's advisories.</param>
    public TcbInfoContent WithNewestLevel(string status, params ReadOnlySpan<string> advisoryIds) =>
        this with { Levels = Levels.SetItem(0, Levels[0] with { Status = status, AdvisoryIds = [.. advisoryIds] }) };

    private static PlatformTcbLevel Level(
        byte[] sgx, ushort pceSvn, byte[] tdx, string status, params ReadOnlySpan<string> advisoryIds)
    {
        return new PlatformTcbLevel
        {
            SgxComponents = Padded(sgx),
            PceSvn = pceSvn,
            TdxComponents = Padded(tdx),
            Status = status,
            AdvisoryIds = [.. advisoryIds],
        };
    }

    private static byte[] Padded(byte[] svns)
    {
        Array.Resize(ref svns, 16);
        return svns;
    }
}
