using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>Rules for the event log of a TD, which explains its RTMRs event by event.</summary>
public sealed record EventLogPolicy
{
    /// <summary>
    /// Registers that the log must explain. Default: RTMR0 to RTMR2, which the boot fills. RTMR3 belongs to programs that run later, whose
    /// extensions the firmware's log cannot hold.
    /// </summary>
    public ImmutableArray<int> Rtmrs { get; init => field = PolicyValue.List(value); } = [0, 1, 2];

    /// <summary>Rules for the events of a register. Default: none.</summary>
    public ImmutableArray<EventRule> Events { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>
    /// Rejects logs with an event whose data should be what was measured and are not. Default: false, a warning: rules look at digests
    /// alone, but the explanations of such a log mislead.
    /// </summary>
    public bool RejectContradictedData { get; init; }
}
