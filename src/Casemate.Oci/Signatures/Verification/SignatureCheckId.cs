namespace Casemate.Oci.Signatures;

/// <summary>The questions that verification of one signature asks. Closed; names are public API and appear in JSON.</summary>
public enum SignatureCheckId
{
    /// <summary>Payload, statement, bundle and annotations are well-formed and of a supported version.</summary>
    Format = 1,
    /// <summary>The signed document names the digest of this image.</summary>
    Digest,
    /// <summary>The signed document names the repository that is expected.</summary>
    Reference,
    /// <summary>The statement says that it is a signature, and not something else about the image.</summary>
    PredicateType,
    /// <summary>The signature is the key's, or the certificate's, over the signed document.</summary>
    Signature,
    /// <summary>The certificate chains to a trusted authority at the time of signing, for signing code.</summary>
    CertificateChain,
    /// <summary>A trusted certificate log promised to publish the certificate.</summary>
    CertificateLog,
    /// <summary>The certificate names the expected signer.</summary>
    CertificateIdentity,
    /// <summary>The certificate names the expected issuer of identities.</summary>
    CertificateIssuer,
    /// <summary>A trusted transparency log holds an entry, and it is about this signature, document and key.</summary>
    LogEntry,
    /// <summary>The log's promise over the entry and its time is genuine.</summary>
    SignedEntryTimestamp,
    /// <summary>The entry is in the tree that the proof names.</summary>
    InclusionProof,
    /// <summary>The log signed that tree.</summary>
    Checkpoint,
    /// <summary>A trusted time stamping authority saw the signature.</summary>
    Timestamp,
    /// <summary>A trusted time of signing is known, and the certificate was valid at every one that is.</summary>
    SigningTime,
}
