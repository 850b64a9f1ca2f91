using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

/// <summary>Reads keys that can sign enclaves: RSA with 3072 bits and exponent 3, because EINIT takes no other.</summary>
public static class EnclaveSigningKey
{
    /// <summary>The longest PEM text that is read, in characters.</summary>
    public const int MaxPemLength = 64 * 1024;

    private const int Bits = 3072;

    /// <summary>Reads a key. Whoever calls disposes of it.</summary>
    /// <param name="pem">A private key (PKCS #1 or PKCS #8, not encrypted) or a public key in PEM form.</param>
    /// <param name="needsPrivate">True when the private part must be there.</param>
    /// <exception cref="EnclaveException">Not such a key. The message holds nothing of it.</exception>
    public static RSA FromPem(ReadOnlySpan<char> pem, bool needsPrivate)
    {
        if (pem.Length > MaxPemLength)
        {
            throw Unsuitable($"the key file is longer than {MaxPemLength} characters");
        }

        var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
            Require(key);
            if (needsPrivate && !pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            {
                throw Unsuitable("the file holds a public key, and signing takes the private one");
            }

            return key;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw Unsuitable(
                pem.Contains("ENCRYPTED", StringComparison.Ordinal)
                    ? "the key is encrypted with a passphrase" : "the file holds no RSA key in PEM form");
        }
        catch (EnclaveException)
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a key that cannot sign enclaves.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="EnclaveException">Not 3072 bits, or another exponent than 3.</exception>
    public static void Require(RSA key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var parameters = key.ExportParameters(includePrivateParameters: false);
        if (SigStruct.Number(parameters.Modulus, isBigEndian: true).GetBitLength() != Bits)
        {
            throw Unsuitable($"the key has {key.KeySize} bits, and enclaves are signed with {Bits}");
        }

        if (SigStruct.Number(parameters.Exponent, isBigEndian: true) != 3)
        {
            throw Unsuitable("the key's public exponent is not 3");
        }
    }

    private static EnclaveException Unsuitable(string message) => new(
        EnclaveError.UnsuitableKey, message, "Make a key for enclaves: openssl genrsa -3 -out KEY.pem 3072.");
}
