using System.Collections.Immutable;
using Casemate.Attestation.Snp;

namespace Casemate.Attestation.Policy;

/// <summary>Rules for SEV-SNP guests. An identity is named by <see cref="Measurements"/>.</summary>
public sealed record SnpPolicy
{
    /// <summary>Accepts guests that the host can debug: they protect nothing. Default: false.</summary>
    public bool AcceptDebugGuests { get; init; }

    /// <summary>Accepts guests that a migration agent may move. Default: false.</summary>
    public bool AcceptMigrationAgent { get; init; }

    /// <summary>Accepts guests whose policy allows CXL devices. Default: false.</summary>
    public bool AcceptCxl { get; init; }

    /// <summary>Rejects guests whose policy allows simultaneous multithreading. Default: false.</summary>
    public bool RejectSmt { get; init; }

    /// <summary>Guest policy bits that must be set, such as SINGLE_SOCKET (bit 20). Default: none.</summary>
    public ulong RequiredGuestPolicyBits { get; init; }

    /// <summary>Lowest firmware ABI that the guest's policy asks for; null: any.</summary>
    public (byte Major, byte Minor)? MinimumAbi { get; init; }

    /// <summary>Privilege levels that pass. Default: 0 alone.</summary>
    public ImmutableArray<uint> Vmpls { get; init => field = PolicyValue.List(value); } = [0];

    /// <summary>MEASUREMENT values (48 bytes each) that pass; empty: not named.</summary>
    public ImmutableArray<byte[]> Measurements { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>HOST_DATA values (32 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> HostData { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>FAMILY_ID values (16 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> FamilyIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>IMAGE_ID values (16 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> ImageIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>REPORT_ID values (32 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> ReportIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>REPORT_ID_MA values (32 bytes each) that pass; empty: any. All 0xFF means that there is no migration agent.</summary>
    public ImmutableArray<byte[]> ReportIdMas { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Lowest GUEST_SVN. Default: 0.</summary>
    public uint MinimumGuestSvn { get; init; }

    /// <summary>ID_KEY_DIGEST values (48 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> IdKeyDigests { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>AUTHOR_KEY_DIGEST values (48 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> AuthorKeyDigests { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Floor for the reported TCB; null: none.</summary>
    public SnpTcb? MinimumReportedTcb { get; init; }

    /// <summary>Floor for the committed TCB; null: none.</summary>
    public SnpTcb? MinimumCommittedTcb { get; init; }

    /// <summary>Floor for the current TCB; null: none.</summary>
    public SnpTcb? MinimumCurrentTcb { get; init; }

    /// <summary>Floor for the launch TCB; null: none.</summary>
    public SnpTcb? MinimumLaunchTcb { get; init; }

    /// <summary>
    /// AMD's bulletins whose fixes the platform must have: a floor for the reported TCB of each product line that a bulletin names. A
    /// product line that it does not name does not pass. Default: none.
    /// </summary>
    public ImmutableArray<SnpBulletin> Bulletins { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Lowest version of the firmware that runs (CURRENT_MAJOR, _MINOR, _BUILD); null: any.</summary>
    public (byte Major, byte Minor, byte Build)? MinimumCurrentFirmware { get; init; }

    /// <summary>Lowest version of the firmware that cannot be rolled back any more (COMMITTED_…); null: any.</summary>
    public (byte Major, byte Minor, byte Build)? MinimumCommittedFirmware { get; init; }

    /// <summary>Rejects platforms whose firmware could still be rolled back (committed is not current). Default: false.</summary>
    public bool RejectProvisionalFirmware { get; init; }

    /// <summary>Reserved bits of the guest policy that may be set, reported as a warning. Default: none.</summary>
    public ulong ToleratedReservedPolicyBits { get; init; }

    /// <summary>Reserved bits of PLATFORM_INFO that may be set, reported as a warning. Default: none.</summary>
    public ulong ToleratedReservedPlatformInfoBits { get; init; }

    /// <summary>PLATFORM_INFO bits that must be set. Default: none.</summary>
    public ulong RequiredPlatformInfoBits { get; init; }

    /// <summary>PLATFORM_INFO bits that must be clear. Default: none.</summary>
    public ulong ForbiddenPlatformInfoBits { get; init; }

    /// <summary>Mitigations that must have been active at launch (report v5); 0: none.</summary>
    public ulong RequiredLaunchMitigations { get; init; }

    /// <summary>Mitigations that must be active now (report v5); 0: none.</summary>
    public ulong RequiredCurrentMitigations { get; init; }

    /// <summary>Product lines that pass. Default: all.</summary>
    public ImmutableArray<SnpProduct> Products { get; init => field = PolicyValue.List(value); } =
        [SnpProduct.Milan, SnpProduct.Genoa, SnpProduct.Turin];

    /// <summary>Rejects reports signed by a VLEK. Default: false.</summary>
    public bool RejectVlek { get; init; }

    /// <summary>CSP ids that a VLEK may carry; empty: any.</summary>
    public ImmutableArray<string> CspIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Accepts VCEK-signed reports whose chip id is masked, so that the key cannot be tied to a chip. Default: false.</summary>
    public bool AcceptMaskedChipId { get; init; }

    /// <summary>CHIP_ID values (64 bytes each) that pass; empty: any.</summary>
    public ImmutableArray<byte[]> AllowedChipIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>CHIP_ID values (64 bytes each) that reject. While one is named, so does a masked CHIP_ID, which is usual under a VLEK.</summary>
    public ImmutableArray<byte[]> DeniedChipIds { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Lowest report version. Default: 2.</summary>
    public uint MinimumReportVersion { get; init; } = 2;
}
