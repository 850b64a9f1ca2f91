using System.Collections.Immutable;

namespace Casemate.Attestation.Nvidia;

/// <summary>What a verified GPU said. Exists only in a <see cref="GpuVerdict"/> whose authenticity checks passed.</summary>
public sealed record GpuClaims
{
    /// <summary>The nonce of the request, 32 bytes.</summary>
    public required byte[] Nonce { get; init; }

    /// <summary>The signer's common name, such as <c>GH100 A01 GSP FMC LF</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Digest of the firmware that holds the signing key (FWID), 48 bytes.</summary>
    public required byte[] FirmwareId { get; init; }

    /// <summary>Version of the driver; null when the report does not say.</summary>
    public string? DriverVersion { get; init; }

    /// <summary>Version of the VBIOS; null when the report does not say.</summary>
    public string? VbiosVersion { get; init; }

    /// <summary>The measurements by their index.</summary>
    public required ImmutableSortedDictionary<int, byte[]> Measurements { get; init; }
}
