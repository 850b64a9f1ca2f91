using System.Collections.Immutable;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Tdx;

namespace Casemate.Attestation;

/// <summary>
/// The whole answer of one verification. The same object feeds command line, API, dashboard and audit log; text for people is
/// made from <see cref="Checks"/> and from nothing else.
/// </summary>
public sealed record Verdict
{
    private EvidenceClaims? _claims;

    /// <summary>The kind of hardware that the evidence claims to come from.</summary>
    public required Tee Tee { get; init; }

    /// <summary>The evidence format for people, such as <c>SGX quote v3</c> or <c>SEV-SNP report v5 (Turin)</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Every question that was asked, passed ones too, in the order in which they were asked.</summary>
    public required ImmutableArray<Check> Checks { get; init; }

    /// <summary>True when the chain of trust ends in a root that is not one of the pinned production roots.</summary>
    public required bool Simulated { get; init; }

    /// <summary>
    /// The claims that the hardware signed; null unless every authenticity check passed. Present in rejected verdicts whose
    /// evidence is genuine but not what the policy wants.
    /// </summary>
    public EvidenceClaims? Claims
    {
        get => _claims ??= ClaimsSource?.Read();
        init => _claims = value;
    }

    /// <summary>What a virtual TPM said; null for evidence without one, and unless every authenticity check passed.</summary>
    public VtpmClaims? Vtpm { get; init; }

    /// <summary>The TD's event log held against its registers; null where no log was judged, or against no genuine quote.</summary>
    public EventLogReplay? EventLog { get; init; }

    /// <summary>The converged TCB status of an Intel platform; null for SEV-SNP and where it could not be evaluated.</summary>
    public TcbStatus? TcbStatus { get; init; }

    /// <summary>Advisories that the matched TCB levels name, each once, in order of appearance. Empty for SEV-SNP.</summary>
    public ImmutableArray<string> AdvisoryIds { get; init; } = [];

    /// <summary>The earliest date of the matched TCB levels; null for SEV-SNP and when no level matched.</summary>
    public DateTimeOffset? TcbDate { get; init; }

    /// <summary>The parts of <see cref="TcbStatus"/>; null for SEV-SNP and where it could not be evaluated.</summary>
    public TcbEvaluation? Tcb { get; init; }

    /// <summary>The earliest end of validity over all collateral used; null when none was usable.</summary>
    public DateTimeOffset? CollateralExpires { get; init; }

    /// <summary>True only if at least one check ran and none failed: an empty verdict accepts nothing.</summary>
    public bool Accepted => !Checks.IsDefaultOrEmpty && (_claims is not null || ClaimsSource is not null) && AllHold(Checks);

    /// <summary>Where <see cref="Claims"/> are read from when somebody asks for them; null unless every authenticity check passed.</summary>
    internal ClaimsSource? ClaimsSource { get; init; }

    /// <summary>The failed checks, in the order in which they were asked.</summary>
    public IEnumerable<Check> Reasons => Checks.Where(c => c.Outcome is CheckOutcome.Failed);

    private static bool AllHold(ImmutableArray<Check> checks)
    {
        foreach (var check in checks)
        {
            if (check.Outcome is CheckOutcome.Failed)
            {
                return false;
            }
        }

        return true;
    }
}
