namespace Casemate.Oci.Signatures;

/// <summary>What a transparency log said about a signature, not verified yet. Source: sigstore's protobuf-specs, sigstore_rekor.proto.</summary>
/// <param name="LogIndex">The entry's number over all shards of the log.</param>
/// <param name="LogId">Which log: 32 bytes.</param>
/// <param name="Kind">The kind of the entry: <c>hashedrekord</c>, <c>dsse</c>, <c>intoto</c>.</param>
/// <param name="Version">The version of the kind.</param>
/// <param name="IntegratedTime">When the log took it, in seconds since 1970; 0 where the log does not say.</param>
/// <param name="SignedEntryTimestamp">The log's signature over the entry and its time; null where there is none.</param>
/// <param name="Proof">The inclusion proof; null where there is none.</param>
/// <param name="Body">The entry, byte for byte as the log holds it.</param>
public sealed record LogEntry(
    long LogIndex, ReadOnlyMemory<byte> LogId, string Kind, string Version, long IntegratedTime, ReadOnlyMemory<byte>? SignedEntryTimestamp,
    InclusionProof? Proof, ReadOnlyMemory<byte> Body);
