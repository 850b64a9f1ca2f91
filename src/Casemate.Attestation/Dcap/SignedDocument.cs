namespace Casemate.Attestation.Dcap;

/// <summary>
/// A JSON document that Intel's provisioning service signed: the exact bytes of its body and the signature over them.
/// Source: Intel PCS API v4, "Get TCB Info" and "Get Quoting Enclave Identity".
/// </summary>
/// <param name="Body">The bytes of the JSON object that is signed, braces included, as received. Never re-serialised.</param>
/// <param name="Signature">ECDSA P-256 over SHA-256 of <paramref name="Body"/>: r and s, 32 bytes each, big endian.</param>
/// <param name="IssuerChainPem">The signer's certificate and the root, PEM.</param>
public sealed record SignedDocument(ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Signature, ReadOnlyMemory<byte> IssuerChainPem);
