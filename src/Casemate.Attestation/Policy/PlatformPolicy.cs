using System.Collections.Immutable;

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

    /// <summary>FMSPCs (6 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> AllowedFmspcs { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>FMSPCs (6 bytes each) that reject.</summary>
    public ImmutableArray<byte[]> DeniedFmspcs { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Lowest ISVSVN of the quoting enclave; null: any.</summary>
    public ushort? MinimumQeIsvSvn { get; init; }
}
