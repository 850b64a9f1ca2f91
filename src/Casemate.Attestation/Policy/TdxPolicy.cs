using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>Rules for TDs. An identity is named by <see cref="MrTds"/>.</summary>
public sealed record TdxPolicy
{
    /// <summary>Accepts TDs that the host can debug (any bit of the TUD group): they protect nothing. Default: false.</summary>
    public bool AcceptDebugTds { get; init; }

    /// <summary>Accepts TDs without SEPT_VE_DISABLE, whose kernel a host can confuse by unmapping pages. Default: false.</summary>
    public bool AcceptSeptVe { get; init; }

    /// <summary>Accepts migratable TDs. Default: false.</summary>
    public bool AcceptMigratable { get; init; }

    /// <summary>MRSERVICETD values (48 bytes each) that pass beside all-zero; empty: only zero.</summary>
    public ImmutableArray<byte[]> MrServiceTds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Accepts any MRSERVICETD. Default: false.</summary>
    public bool AcceptAnyServiceTd { get; init; }

    /// <summary>MRTD values (48 bytes each) that pass; empty: not named.</summary>
    public ImmutableArray<byte[]> MrTds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>RTMR0 to RTMR3: for each the values (48 bytes each) that pass; empty: any. With more than four lists nothing passes.</summary>
    public ImmutableArray<ImmutableArray<byte[]>> Rtmrs { get; init => field = PolicyValue.Lists(value); } = [];

    /// <summary>MRCONFIGID values (48 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> MrConfigIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>MROWNER values (48 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> MrOwners { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>MROWNERCONFIG values (48 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> MrOwnerConfigs { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>MRSEAM values (48 bytes each) that pass; empty: any that the collateral accepts.</summary>
    public ImmutableArray<byte[]> MrSeams { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>TDATTRIBUTES (8 bytes) under a mask; null: only the rules above.</summary>
    public MaskedValue? TdAttributes { get; init; }

    /// <summary>Reserved bits of TDATTRIBUTES that may be set, reported as a warning. Default: none.</summary>
    public ulong ToleratedReservedTdAttributes { get; init; }

    /// <summary>XFAM (8 bytes) under a mask; null: any.</summary>
    public MaskedValue? Xfam { get; init; }

    /// <summary>Lowest TEE_TCB_SVN (16 bytes), compared component by component; null: any.</summary>
    public byte[]? MinimumTeeTcbSvn { get; init; }

    /// <summary>Rules for the machine.</summary>
    public PlatformPolicy Platform { get; init => field = PolicyValue.NotNull(value); } = new();

    /// <summary>
    /// Rules for the event log; null: none is wanted. A quote without its log is then refused: see
    /// <see cref="Attestation.Tdx.EventLogVerifier"/>.
    /// </summary>
    public EventLogPolicy? EventLog { get; init; }
}
