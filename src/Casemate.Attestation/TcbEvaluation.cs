using System.Collections.Immutable;

namespace Casemate.Attestation;

/// <summary>How the converged TCB status of an Intel platform came about.</summary>
/// <param name="Platform">Status of the level that the platform's SVNs match.</param>
/// <param name="Qe">Status of the level that the quoting enclave's ISVSVN matches.</param>
/// <param name="TdxModule">Status of the TDX module's level; null for SGX and for TDX modules of major version 0.</param>
/// <param name="Status">The converged status.</param>
/// <param name="TcbDate">The earliest date of the matched levels; null when no level matched.</param>
/// <param name="AdvisoryIds">Advisories of the matched levels: platform, quoting enclave, module; each once.</param>
/// <param name="Behind">
/// How far behind a platform is that does not match the newest level: each component below it, by how much, what to update, and the
/// advisories of the level that it keeps the platform on. Such as
/// <c>SGX TCB component 1 (BIOS, Early Microcode Update): SVN is 12, the newest level wants 14; update the BIOS (INTEL-SA-00615)</c>.
/// For people: the wording may change.
/// </param>
public sealed record TcbEvaluation(
    TcbStatus Platform,
    TcbStatus Qe,
    TcbStatus? TdxModule,
    TcbStatus Status,
    DateTimeOffset? TcbDate,
    ImmutableArray<string> AdvisoryIds,
    ImmutableArray<string> Behind)
{
    private string? _summary;

    /// <summary>Which of the TCB info's levels the platform matches: 0 is the newest; null when it matches none.</summary>
    public int? MatchedLevel { get; init; }

    /// <summary>The same evaluation with TEE_TCB_SVN2 (what the platform runs now); null but for TD 1.5 bodies.</summary>
    public TcbEvaluation? Current { get; init; }

    /// <summary>Status and date for people, made at first use.</summary>
    internal string Summary => _summary ??= TcbDate is { } date
        ? $"{Status}, TCB date {Policy.CommonChecks.Time(date)}"
        : $"{Status}: no TCB level matches";
}
