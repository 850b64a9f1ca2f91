using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Json;

namespace Casemate.Oci.Signatures;

/// <summary>
/// The format in which cosign keeps private keys: JSON that names scrypt and its parameters, and a secret box around PKCS #8.
/// Read only: nothing here writes keys. Sources: go-securesystemslib, encrypted; sigstore, cryptoutils.
/// </summary>
internal static class EncryptedKey
{
    // 128·N·r bytes are needed: cosign's own 64 MiB, and four times that.
    private const long MaxScryptBytes = 256L << 20;

    /// <summary>True for the two labels that such files carry.</summary>
    public static bool IsLabel(string label) => label is "ENCRYPTED SIGSTORE PRIVATE KEY" or "ENCRYPTED COSIGN PRIVATE KEY";

    /// <summary>Opens the box.</summary>
    /// <exception cref="OciException">It is malformed, asks for too much, or the password is wrong.</exception>
    public static byte[] Decrypt(byte[] json, string password)
    {
        if (!StrictJson.TryParse(json, out var document, out var error, maxDepth: 4))
        {
            throw Malformed(error);
        }

        using (document)
        {
            var fields = new JsonFields("key");
            var root = document.RootElement;
            var kdf = fields.Object(root, "kdf");
            var parameters = fields.Object(kdf, "params");
            var cipher = fields.Object(root, "cipher");
            var (n, r, p) = (fields.Integer(parameters, "N"), fields.Integer(parameters, "r"), fields.Integer(parameters, "p"));
            var salt = fields.Bytes(kdf, "salt", 256);
            var nonce = fields.Bytes(cipher, "nonce", 256);
            var box = fields.Bytes(root, "ciphertext", 64 << 10);
            var names = (Kdf: fields.Text(kdf, "name"), Cipher: fields.Text(cipher, "name"));
            if (fields.Problem is not null)
            {
                throw Malformed(fields.Problem);
            }

            if (names is not ("scrypt", "nacl/secretbox"))
            {
                throw new OciException(
                    OciError.Unsupported, $"the private key is encrypted with '{Quoted.Of(names.Kdf)}' and '{Quoted.Of(names.Cipher)}'",
                    "Keys are read that are encrypted with scrypt and nacl/secretbox, as cosign writes them.");
            }

            if (n is < 2 or > int.MaxValue || !long.IsPow2(n) || r is < 1 or > 64 || p is < 1 or > 16 || 128 * n * r > MaxScryptBytes
                || nonce.Length != SecretBox.NonceSize || salt.Length < 8)
            {
                throw Malformed("its scrypt parameters, salt or nonce are outside of what is accepted");
            }

            var secret = Encoding.UTF8.GetBytes(password);
            var key = Scrypt.DeriveKey(secret, salt, (int)n, (int)r, (int)p, SecretBox.KeySize);
            try
            {
                return SecretBox.TryOpen(box, nonce, key, out var opened)
                    ? opened
                    : throw new OciException(
                        OciError.Unauthorized, "the password is not the one of this private key, or the file was changed",
                        "Check COSIGN_PASSWORD or the file that --password-file names.");
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
                CryptographicOperations.ZeroMemory(key);
            }
        }
    }

    private static OciException Malformed(string problem) =>
        new(OciError.MalformedDocument, $"the encrypted private key is malformed: {problem}", "Copy the file again as cosign wrote it.");
}
