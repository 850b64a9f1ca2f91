using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>
/// What a relying party wants of evidence. Every default denies: a policy names the identity it expects, and the caller the
/// report data, or says in so many words that it does not care.
/// </summary>
public sealed record EvidencePolicy
{
    private readonly ImmutableArray<TcbStatus> _acceptedTcbStatuses = [TcbStatus.UpToDate];

    /// <summary>The policy with every default: nothing is accepted until an identity and the report data are named.</summary>
    public static EvidencePolicy Default { get; } = new();

    /// <summary>
    /// Asks only whether the evidence is genuine, fresh, current and not open to a debugger. It does not ask what the workload
    /// is or what it bound (those checks end as <see cref="CheckOutcome.NotAsked"/>), tolerates reserved bits and a missing
    /// AMD revocation list with a warning. For a person who inspects evidence; never a reason to hand over a secret.
    /// </summary>
    public static EvidencePolicy EvidenceOnly { get; } = new()
    {
        AcceptUnboundEvidence = true,
        AcceptAnyIdentity = true,
        AcceptUnknownRevocation = true,
        AcceptReservedBits = true,
    };

    /// <summary>
    /// The exact 64 bytes that the evidence must carry as report data; null means the caller named none, which rejects unless
    /// <see cref="AcceptUnboundEvidence"/> is set. For evidence with a virtual TPM, whose hardware report binds the TPM's key instead,
    /// this is the nonce of the TPM's quote, filled up with zeros.
    /// </summary>
    public byte[]? ReportData { get; init; }

    /// <summary>Accepts evidence without comparing its report data, so a replayed copy passes too. Default: false.</summary>
    public bool AcceptUnboundEvidence { get; init; }

    /// <summary>Accepts any measurement and signer. Default: false.</summary>
    public bool AcceptAnyIdentity { get; init; }

    /// <summary>Accepts a SEV-SNP chain without a revocation list from AMD. Intel chains always need theirs. Default: false.</summary>
    public bool AcceptUnknownRevocation { get; init; }

    /// <summary>Accepts reserved or unknown flag bits that are set (reported as a warning). Default: false.</summary>
    public bool AcceptReservedBits { get; init; }

    /// <summary>
    /// TCB statuses that pass. Default: UpToDate alone. <see cref="TcbStatus.Revoked"/> and <see cref="TcbStatus.NotSupported"/>
    /// never pass, listed or not.
    /// </summary>
    public ImmutableArray<TcbStatus> AcceptedTcbStatuses
    {
        get => _acceptedTcbStatuses;
        init
        {
            _acceptedTcbStatuses = PolicyValue.List(value);
            AcceptedTcbStatusesText = _acceptedTcbStatuses.IsEmpty ? "none" : string.Join(", ", _acceptedTcbStatuses);
        }
    }

    /// <summary>The accepted statuses for people, made once per policy.</summary>
    internal string AcceptedTcbStatusesText { get; private init; } = nameof(TcbStatus.UpToDate);

    /// <summary>How long after its end collateral still counts as fresh. Default: not at all.</summary>
    public TimeSpan CollateralGrace { get; init; }

    /// <summary>How long after the TCB date an OutOfDate platform still passes. Default: not at all.</summary>
    public TimeSpan PlatformGrace { get; init; }

    /// <summary>An OutOfDate platform passes if its TCB date is this instant or later (inclusive). Null: no such exception.</summary>
    public DateTimeOffset? TcbDateFloor { get; init; }

    /// <summary>The lowest tcbEvaluationDataNumber that collateral may carry. Null: any.</summary>
    public int? MinimumTcbEvaluationDataNumber { get; init; }

    /// <summary>Rejects TCB info and QE identity with different evaluation numbers. Default: false, a warning.</summary>
    public bool RejectMixedEvaluationNumbers { get; init; }

    /// <summary>Advisories that reject even under an accepted status, such as <c>INTEL-SA-00615</c>. Compared without case.</summary>
    public ImmutableArray<string> DeniedAdvisories { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>If not null, every advisory that is not in the list rejects. Compared without case.</summary>
    public ImmutableArray<string>? AllowedAdvisories { get; init => field = value is { } list ? PolicyValue.List(list) : null; }

    /// <summary>Rules for SGX enclaves.</summary>
    public SgxPolicy Sgx { get; init => field = PolicyValue.NotNull(value); } = new();

    /// <summary>Rules for TDs.</summary>
    public TdxPolicy Tdx { get; init => field = PolicyValue.NotNull(value); } = new();

    /// <summary>Rules for SEV-SNP guests.</summary>
    public SnpPolicy Snp { get; init => field = PolicyValue.NotNull(value); } = new();

    /// <summary>Rules for the virtual TPM of evidence that carries one (Azure confidential VMs).</summary>
    public VtpmPolicy Vtpm { get; init => field = PolicyValue.NotNull(value); } = new();
}
