using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>
/// Rules for SGX enclaves. An identity is named by <see cref="MrEnclaves"/>, or by <see cref="MrSigners"/> together with
/// <see cref="IsvProdId"/> and <see cref="MinimumIsvSvn"/>; what is named must all hold.
/// </summary>
public sealed record SgxPolicy
{
    /// <summary>Accepts enclaves that a debugger can open: they protect nothing. Default: false.</summary>
    public bool AcceptDebugEnclaves { get; init; }

    /// <summary>Accepts enclaves with the provisioning key. Default: false.</summary>
    public bool AcceptProvisionKey { get; init; }

    /// <summary>Accepts enclaves with the launch-token key. Default: false.</summary>
    public bool AcceptEinitTokenKey { get; init; }

    /// <summary>MRENCLAVE values (32 bytes each) that pass; empty: not named.</summary>
    public ImmutableArray<byte[]> MrEnclaves { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>MRSIGNER values (32 bytes each) that pass; empty: not named.</summary>
    public ImmutableArray<byte[]> MrSigners { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Required ISVPRODID; needed beside <see cref="MrSigners"/> for an identity without MRENCLAVE.</summary>
    public ushort? IsvProdId { get; init; }

    /// <summary>Lowest ISVSVN; needed beside <see cref="MrSigners"/> for an identity without MRENCLAVE.</summary>
    public ushort? MinimumIsvSvn { get; init; }

    /// <summary>ATTRIBUTES (16 bytes) under a mask; null: only the rules above.</summary>
    public MaskedValue? Attributes { get; init; }

    /// <summary>Reserved bits of ATTRIBUTES.FLAGS that may be set, reported as a warning. Default: none.</summary>
    public ulong ToleratedReservedFlags { get; init; }

    /// <summary>MISCSELECT (4 bytes, memory order) under a mask; null: any.</summary>
    public MaskedValue? MiscSelect { get; init; }

    /// <summary>Required CONFIGID (64 bytes, KSS enclaves only); null: any.</summary>
    public byte[]? ConfigId { get; init; }

    /// <summary>Lowest CONFIGSVN (KSS enclaves only); null: any.</summary>
    public ushort? MinimumConfigSvn { get; init; }

    /// <summary>Required ISVEXTPRODID (16 bytes, KSS enclaves only); null: any.</summary>
    public byte[]? IsvExtProdId { get; init; }

    /// <summary>Required ISVFAMILYID (16 bytes, KSS enclaves only); null: any.</summary>
    public byte[]? IsvFamilyId { get; init; }

    /// <summary>Rules for the machine.</summary>
    public PlatformPolicy Platform { get; init => field = PolicyValue.NotNull(value); } = new();
}
