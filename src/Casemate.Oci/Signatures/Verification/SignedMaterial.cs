using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>One signature and what belongs to it, whatever the form in which it was kept.</summary>
internal sealed record SignedMaterial
{
    /// <summary>The bytes that the signature covers; null where only their digest is known.</summary>
    public byte[]? SignedBytes { get; init; }

    /// <summary>The SHA-256 hash of what the signature covers.</summary>
    public required byte[] SignedHash { get; init; }

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

    /// <summary>True when the signature is this key's.</summary>
    public bool IsSignedBy(SignatureKey key) =>
        SignedBytes is null ? key.VerifyHash(SignedHash, Signature) : key.Verify(SignedBytes, Signature);
}
