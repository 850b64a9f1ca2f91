namespace Casemate.Oci.Signatures;

/// <summary>A log that a trusted root names: for signatures, or for certificates.</summary>
/// <param name="Id">The log's id: 32 bytes.</param>
/// <param name="Key">The log's key; null when it is of a kind that is not supported, so that nothing of this log can be verified.</param>
/// <param name="KeyProblem">Why there is no key; null when there is one.</param>
/// <param name="ValidFrom">Since when the key is the log's; null: since ever.</param>
/// <param name="ValidTo">Until when; null: still is.</param>
public sealed record TrustedLog(
    ReadOnlyMemory<byte> Id, SignatureKey? Key, string? KeyProblem, DateTimeOffset? ValidFrom, DateTimeOffset? ValidTo)
{
    /// <summary>True when the key was the log's at this instant.</summary>
    public bool IsValidAt(DateTimeOffset instant) => (ValidFrom is null || instant >= ValidFrom) && (ValidTo is null || instant <= ValidTo);
}
