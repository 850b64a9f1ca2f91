using System.Collections.Immutable;

namespace Casemate.Simulator.Pki;

/// <summary>How one simulated revocation list departs from its proper form. It is signed after the changes.</summary>
/// <example>
/// A PCK CRL whose time is over at <c>noon</c>:
/// <code>
/// var stale = platform.Dcap.With(s => s with { PckCrl = new() { NextUpdate = noon.AddSeconds(-1) } });
/// </code>
/// </example>
public sealed record CrlChanges
{
    /// <summary>The list in its proper form.</summary>
    public static CrlChanges None { get; } = new();

    /// <summary>Common name in the issuer field; null: the issuer's subject.</summary>
    public string? IssuerCommonName { get; init; }

    /// <summary>thisUpdate, whole seconds; null: the begin of the day (UTC) for which the list was asked.</summary>
    public DateTimeOffset? ThisUpdate { get; init; }

    /// <summary>nextUpdate, whole seconds; null: 30 days after the begin of the day for which the list was asked.</summary>
    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>Leaves the CRL number out.</summary>
    public bool OmitCrlNumber { get; init; }

    /// <summary>Leaves the authority key identifier out.</summary>
    public bool OmitAuthorityKeyIdentifier { get; init; }

    /// <summary>Further revoked serial numbers, unsigned big endian, 1 to 20 bytes each.</summary>
    public ImmutableArray<byte[]> AddedSerialNumbers { get; init; } = [];
}
