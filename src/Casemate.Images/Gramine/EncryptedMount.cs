namespace Casemate.Images.Gramine;

/// <summary>A directory whose files are encrypted on the host.</summary>
/// <param name="Path">The path in the enclave and on the host, from the root.</param>
/// <param name="KeyName">
/// The name of the key, which the application is given after attestation; <c>_sgx_mrenclave</c> or <c>_sgx_mrsigner</c> for a key of the
/// processor, bound to this enclave or to its signer. Source: Gramine documentation, "Encrypted files".
/// </param>
public sealed record EncryptedMount(string Path, string KeyName);
