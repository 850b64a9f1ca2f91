using System.Collections.Immutable;

namespace Casemate.Attestation.Tdx;

/// <summary>An event log held against the registers of a quote.</summary>
/// <param name="Rtmrs">RTMR0 to RTMR3.</param>
/// <param name="Events">The entries. Those of a register that does not match are hearsay.</param>
public sealed record EventLogReplay(ImmutableArray<RtmrComparison> Rtmrs, ImmutableArray<CcEvent> Events)
{
    /// <summary>Registers that the log explains.</summary>
    public IEnumerable<int> Matched => Rtmrs.Where(r => r.Matches).Select(r => r.Index);

    /// <summary>Registers that it does not.</summary>
    public IEnumerable<int> Mismatched => Rtmrs.Where(r => !r.Matches).Select(r => r.Index);
}
