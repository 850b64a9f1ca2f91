using System.Numerics;
using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

/// <summary>Reads and makes keys that can sign enclaves: RSA with 3072 bits and exponent 3, because EINIT takes no other.</summary>
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

    /// <summary>
    /// Makes a key that is used once and forgotten, such as for an enclave that is known by its MRENCLAVE alone. Takes a second or so. The
    /// numbers on the way to it stay in memory until that is reused: keep no key that was made here.
    /// </summary>
    /// <returns>A key of 3072 bits with exponent 3. Whoever calls disposes of it.</returns>
    public static RSA GenerateEphemeral()
    {
        // The framework makes keys with exponent 65537 alone, but of primes that do for others: those p of which 3 does not divide p - 1.
        var primes = new List<BigInteger>();
        while (primes.Count < 2)
        {
            using var other = RSA.Create(Bits);
            var parts = other.ExportParameters(includePrivateParameters: true);
            primes.AddRange(new[] { parts.P, parts.Q }.Select(bytes => SigStruct.Number(bytes, isBigEndian: true)).Where(p => p % 3 == 2));
        }

        // p - 1 and q - 1 are both 1 modulo 3, and so is their product: twice of it and 1 is the multiple 3 d.
        var (p, q) = (primes[0], primes[1]);
        var d = ((2 * (p - 1) * (q - 1)) + 1) / 3;
        return RSA.Create(new RSAParameters
        {
            Modulus = Bytes(p * q, Bits),
            Exponent = [3],
            D = Bytes(d, Bits),
            P = Bytes(p, Bits / 2),
            Q = Bytes(q, Bits / 2),
            DP = Bytes(d % (p - 1), Bits / 2),
            DQ = Bytes(d % (q - 1), Bits / 2),
            InverseQ = Bytes(BigInteger.ModPow(q, p - 2, p), Bits / 2),
        });
    }

    private static byte[] Bytes(BigInteger number, int bits)
    {
        var bytes = new byte[bits / 8];
        var unpadded = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        unpadded.CopyTo(bytes, bytes.Length - unpadded.Length);
        return bytes;
    }

    private static EnclaveException Unsuitable(string message) => new(
        EnclaveError.UnsuitableKey, message, "Make a key for enclaves: openssl genrsa -3 -out KEY.pem 3072.");
}
