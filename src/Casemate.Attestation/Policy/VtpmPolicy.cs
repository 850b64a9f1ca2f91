using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>
/// Rules for a virtual TPM. What it says is as true as the firmware that plays the TPM: name its launch measurement too
/// (<see cref="SnpPolicy.Measurements"/>, <see cref="TdxPolicy.MrTds"/>), or PCR values prove nothing. SEV-SNP and TDX evidence without a
/// virtual TPM does not meet a rule set here.
/// </summary>
public sealed record VtpmPolicy
{
    /// <summary>
    /// By number of the PCR (0 to 23) the SHA-256 values (32 bytes each) that pass. A PCR that the quote does not cover fails. Empty: none
    /// is named, which rejects unless <see cref="EvidencePolicy.AcceptAnyIdentity"/> is set.
    /// </summary>
    public ImmutableSortedDictionary<int, ImmutableArray<byte[]>> Pcrs { get; init => field = PolicyValue.ByNumber(value); } =
        ImmutableSortedDictionary<int, ImmutableArray<byte[]>>.Empty;

    /// <summary>
    /// Wants the nonce in the hardware report's runtime data too, whatever version the evidence claims to have. Default: false, from
    /// version 2 on.
    /// </summary>
    public bool RequireUserData { get; init; }
}
