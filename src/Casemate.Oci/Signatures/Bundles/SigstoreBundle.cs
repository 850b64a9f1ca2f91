using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>
/// A signature with everything that verifies it without a network, read and not verified yet. Versions 0.1, 0.2 and 0.3 in
/// protobuf's JSON. Source: sigstore's protobuf-specs, sigstore_bundle.proto.
/// </summary>
public sealed partial class SigstoreBundle
{
    /// <summary>The media type of version 0.3, which is what is written.</summary>
    public const string MediaTypeV03 = "application/vnd.dev.sigstore.bundle.v0.3+json";

    private SigstoreBundle()
    {
    }

    /// <summary>The version: 1, 2 or 3, of 0.1 to 0.3.</summary>
    public int MinorVersion { get; private init; }

    /// <summary>The certificates in DER, the signer's first; empty where a key signed.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Certificates { get; private init; } = [];

    /// <summary>A hint which key signed; null where there is none. It proves nothing.</summary>
    public string? KeyHint { get; private init; }

    /// <summary>Entries of transparency logs.</summary>
    public ImmutableArray<LogEntry> LogEntries { get; private init; } = [];

    /// <summary>Answers of time stamping authorities in DER (RFC 3161 §2.4.2).</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Timestamps { get; private init; } = [];

    /// <summary>The statement that is signed; null where the content itself is.</summary>
    public DsseEnvelope? Envelope { get; private init; }

    /// <summary>The SHA-256 digest of the content that is signed; null with an <see cref="Envelope"/>.</summary>
    public Digest? MessageDigest { get; private init; }

    /// <summary>The signature, of the statement or of the content.</summary>
    public ReadOnlyMemory<byte> Signature { get; private init; }
}
