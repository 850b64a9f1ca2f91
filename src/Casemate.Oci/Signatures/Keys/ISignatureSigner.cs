namespace Casemate.Oci.Signatures;

/// <summary>Makes signatures: a key in memory, or something that keeps its key to itself.</summary>
public interface ISignatureSigner
{
    /// <summary>The public key that verifies what is made here.</summary>
    SignatureKey PublicKey { get; }

    /// <summary>Signs <paramref name="data"/> with SHA-256: DER for ECDSA, PKCS #1 v1.5 for RSA.</summary>
    /// <param name="data">The bytes to sign, not their digest.</param>
    /// <param name="cancel">Ends the wait for a signer outside of this process.</param>
    /// <exception cref="OciException">The signer refused or cannot be reached.</exception>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancel);
}
