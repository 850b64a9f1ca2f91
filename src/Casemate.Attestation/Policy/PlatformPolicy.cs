using System.Collections.Immutable;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Policy;

/// <summary>Rules for the machine under an SGX or TDX quote, as its PCK certificate describes it.</summary>
public sealed record PlatformPolicy
{
    /// <summary>Required value of dynamicPlatform; null: any. Unknown (Processor CA) meets neither value.</summary>
    public bool? DynamicPlatform { get; init; }

    /// <summary>Required value of cachedKeys; null: any. Unknown (Processor CA) meets neither value.</summary>
    public bool? CachedKeys { get; init; }

    /// <summary>Required value of smtEnabled; null: any. Unknown (Processor CA) meets neither value.</summary>
    public bool? SmtEnabled { get; init; }

    /// <summary>Kinds of SGX memory protection that pass; empty: any.</summary>
    public ImmutableArray<SgxType> SgxTypes { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>PPIDs (16 bytes each) that pass; empty: any. A PPID names one processor package.</summary>
    public ImmutableArray<byte[]> AllowedPpids { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>PPIDs (16 bytes each) that reject.</summary>
    public ImmutableArray<byte[]> DeniedPpids { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>
    /// Platform instance ids (16 bytes each) that pass; empty: any. Only certificates of the Platform CA carry one: others do not pass
    /// then.
    /// </summary>
    public ImmutableArray<byte[]> AllowedPlatformInstanceIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Platform instance ids (16 bytes each) that reject.</summary>
    public ImmutableArray<byte[]> DeniedPlatformInstanceIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>FMSPCs (6 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> AllowedFmspcs { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>FMSPCs (6 bytes each) that reject.</summary>
    public ImmutableArray<byte[]> DeniedFmspcs { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Lowest ISVSVN of the quoting enclave; null: any.</summary>
    public ushort? MinimumQeIsvSvn { get; init; }
}
