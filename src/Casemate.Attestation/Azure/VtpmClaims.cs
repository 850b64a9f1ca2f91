using System.Collections.Immutable;

namespace Casemate.Attestation.Azure;

/// <summary>What a verified virtual TPM and the paravisor behind it said. Exists only where every authenticity check passed.</summary>
public sealed record VtpmClaims
{
    /// <summary>extraData of the quote: the nonce, at most 64 bytes.</summary>
    public required byte[] Nonce { get; init; }

    /// <summary>The PCRs that the quote covers, by number: SHA-256, 32 bytes each.</summary>
    public required ImmutableSortedDictionary<int, byte[]> Pcrs { get; init; }

    /// <summary>firmwareVersion of the TPM.</summary>
    public required ulong FirmwareVersion { get; init; }

    /// <summary>How often the VM was started since its TPM was made.</summary>
    public required uint ResetCount { get; init; }

    /// <summary>How often it was suspended or hibernated since its start.</summary>
    public required uint RestartCount { get; init; }

    /// <summary>Keys, settings and user data that the hardware report vouches for.</summary>
    public required HclRuntimeData RuntimeData { get; init; }
}
