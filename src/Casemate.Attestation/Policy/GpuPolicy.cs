using System.Collections.Immutable;

namespace Casemate.Attestation.Policy;

/// <summary>What a relying party wants of an NVIDIA GPU. Every default denies.</summary>
public sealed record GpuPolicy
{
    /// <summary>The exact 32 bytes that the caller sent as nonce; null rejects unless <see cref="AcceptUnboundEvidence"/> is set.</summary>
    public byte[]? Nonce { get; init; }

    /// <summary>Accepts a report without comparing its nonce, so a replayed copy passes too. Default: false.</summary>
    public bool AcceptUnboundEvidence { get; init; }

    /// <summary>
    /// Accepts certificates whose revocation nobody asked about. NVIDIA answers that online (OCSP), which this library never asks. Default:
    /// false.
    /// </summary>
    public bool AcceptUnknownRevocation { get; init; }

    /// <summary>
    /// By index the digests that pass, from NVIDIA's reference manifests for the driver and the VBIOS. Empty: none is named, which rejects
    /// unless <see cref="AcceptAnyMeasurements"/> is set.
    /// </summary>
    public ImmutableSortedDictionary<int, ImmutableArray<byte[]>> Measurements { get; init => field = PolicyValue.ByNumber(value); } =
        ImmutableSortedDictionary<int, ImmutableArray<byte[]>>.Empty;

    /// <summary>Accepts any measurements: any firmware of the GPU, also one that NVIDIA withdrew. Default: false.</summary>
    public bool AcceptAnyMeasurements { get; init; }

    /// <summary>Versions of the driver that pass, compared exactly; empty: any.</summary>
    public ImmutableArray<string> DriverVersions { get; init => field = PolicyValue.List(value); } = [];

    /// <summary>Versions of the VBIOS that pass, compared exactly; empty: any.</summary>
    public ImmutableArray<string> VbiosVersions { get; init => field = PolicyValue.List(value); } = [];
}
