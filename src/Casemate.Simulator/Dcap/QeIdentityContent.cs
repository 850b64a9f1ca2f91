using System.Collections.Immutable;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// What the simulated provisioning service says of a quoting enclave. Source: Intel PCS API v4, "Get Quoting Enclave Identity"
/// (document version 2).
/// </summary>
public sealed record QeIdentityContent
{
    /// <summary>The enclave that signs SGX quotes.</summary>
    public static QeIdentityContent Sgx { get; } = new()
    {
        Id = "QE",
        IsvProdId = 1,
        Levels =
        [
            new(8, "UpToDate"),
            new(6, "OutOfDate") { AdvisoryIds = ["INTEL-SA-00615"] },
            new(5, "OutOfDate") { AdvisoryIds = ["INTEL-SA-00477", "INTEL-SA-00615"] },
            new(1, "Revoked") { AdvisoryIds = ["INTEL-SA-00202", "INTEL-SA-00477", "INTEL-SA-00615"] },
        ],
    };

    /// <summary>The enclave that signs TDX quotes.</summary>
    public static QeIdentityContent Tdx { get; } = new()
    {
        Id = "TD_QE",
        IsvProdId = 2,
        Levels = [new(6, "UpToDate"), new(4, "OutOfDate"), new(1, "Revoked")],
    };

    /// <summary>Member <c>id</c>; null leaves it out.</summary>
    public string? Id { get; init; }

    /// <summary>
    /// Member <c>version</c>. Default: 2. With 1, the retired form is written: the first level's SVN as <c>isvsvn</c>, no levels.
    /// </summary>
    public int Version { get; init; } = 2;

    /// <summary>Member <c>issueDate</c>; null: the begin of the day (UTC) for which collateral was asked.</summary>
    public DateTimeOffset? IssueDate { get; init; }

    /// <summary>Member <c>nextUpdate</c>; null: 30 days after the begin of the day for which collateral was asked.</summary>
    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>Member <c>tcbEvaluationDataNumber</c>. Default: 20.</summary>
    public int TcbEvaluationDataNumber { get; init; } = 20;

    /// <summary>Member <c>miscselect</c>, 4 bytes in memory order. Default: zero.</summary>
    public byte[] MiscSelect { get; init; } = new byte[4];

    /// <summary>Member <c>miscselectMask</c>, 4 bytes in memory order. Default: every bit.</summary>
    public byte[] MiscSelectMask { get; init; } = [255, 255, 255, 255];

    /// <summary>Member <c>attributes</c>, 16 bytes in memory order. Default: INIT and PROVISION_KEY, without DEBUG.</summary>
    public byte[] Attributes { get; init; } = [0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Member <c>attributesMask</c>, 16 bytes in memory order. Default: every flag but MODE64BIT, no XFRM bit.</summary>
    public byte[] AttributesMask { get; init; } = [0xFB, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Member <c>mrsigner</c>, 32 bytes. Default: the simulated quoting enclaves' signer.</summary>
    public byte[] MrSigner { get; init; } = QuotingEnclave.Sgx.MrSigner;

    /// <summary>Member <c>isvprodid</c>.</summary>
    public required ushort IsvProdId { get; init; }

    /// <summary>Member <c>tcbLevels</c>, newest first.</summary>
    public ImmutableArray<EnclaveTcbLevel> Levels { get; init; } = [];

    /// <summary>A copy whose first level, the one that the default enclave matches, has another status.</summary>
    /// <param name="status">The status word.</param>
    /// <param name="advisoryIds">The level's advisories.</param>
    public QeIdentityContent WithNewestLevel(string status, params ReadOnlySpan<string> advisoryIds) =>
        this with { Levels = Levels.SetItem(0, Levels[0] with { Status = status, AdvisoryIds = [.. advisoryIds] }) };
}
