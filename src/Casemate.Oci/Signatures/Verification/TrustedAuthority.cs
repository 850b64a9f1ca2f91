using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>An authority that a trusted root names: for certificates, or for time stamps.</summary>
/// <param name="Certificates">Its certificates in DER, in any order; at least one is a root.</param>
/// <param name="ValidFrom">Since when it is trusted; null: since ever.</param>
/// <param name="ValidTo">Until when; null: still is.</param>
public sealed record TrustedAuthority(ImmutableArray<ReadOnlyMemory<byte>> Certificates, DateTimeOffset? ValidFrom, DateTimeOffset? ValidTo)
{
    /// <summary>True when the authority is trusted for this instant.</summary>
    public bool IsValidAt(DateTimeOffset instant) => (ValidFrom is null || instant >= ValidFrom) && (ValidTo is null || instant <= ValidTo);
}
