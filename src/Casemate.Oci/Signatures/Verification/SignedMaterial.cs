using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>One signature and what belongs to it, whatever the form in which it was kept.</summary>
internal sealed record SignedMaterial
{
    /// <summary>The bytes that the signature covers.</summary>
    public required byte[] SignedBytes { get; init; }

    /// <summary>The signature.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>The statement whose encoding is signed; null where the bytes themselves are.</summary>
    public DsseEnvelope? Envelope { get; init; }

    /// <summary>Certificates in DER, the signer's first; empty where a key signed.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Certificates { get; init; } = [];

    /// <summary>Entries of transparency logs.</summary>
    public ImmutableArray<LogEntry> LogEntries { get; init; } = [];

    /// <summary>Answers of time stamping authorities.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Timestamps { get; init; } = [];

    /// <summary>True for the forms that are older than inclusion proofs: the log's promise is enough.</summary>
    public bool PromiseIsEnough { get; init; }
}
