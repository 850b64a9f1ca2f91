using System.Numerics;
using System.Security.Cryptography;

namespace Casemate.Measurement.Enclave;

/// <summary>The signature: RSA-3072 with exponent 3, PKCS #1 v1.5 and SHA-256, and the two quotients that help the processor.</summary>
public readonly ref partial struct SigStruct
{
    // DER of the DigestInfo of SHA-256 up to the digest (RFC 8017, section 9.2, note 1).
    private static ReadOnlySpan<byte> DigestInfo =>
        [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

    /// <summary>Verifies the signature with the structure's own key, and both quotients.</summary>
    /// <returns>
    /// <see cref="SigStructSignature.Valid"/>, or why not. A valid signature says that the holder of this key signed these fields: who
    /// that is must be judged by <see cref="MrSigner"/>.
    /// </returns>
    public SigStructSignature Verify()
    {
        var modulus = Number(Modulus);
        if (modulus.GetBitLength() != 8 * KeySize || modulus.IsEven)
        {
            return SigStructSignature.ModulusOutOfRange;
        }

        var signature = Number(Signature);
        if (signature.IsZero || signature >= modulus)
        {
            return SigStructSignature.SignatureOutOfRange;
        }

        Span<byte> signed = stackalloc byte[ToBeSignedSize];
        CopyToBeSigned(signed);
        var (q1, q2, cube) = Cube(signature, modulus);
        if (cube != Number(Encode(signed), isBigEndian: true))
        {
            return SigStructSignature.Invalid;
        }

        return q1 == Number(Q1) && q2 == Number(Q2) ? SigStructSignature.Valid : SigStructSignature.QuotientMismatch;
    }

    /// <summary>The two quotients and the cube of the signature, as EINIT computes them: no division is needed there.</summary>
    internal static (BigInteger Q1, BigInteger Q2, BigInteger Cube) Cube(BigInteger signature, BigInteger modulus)
    {
        var q1 = BigInteger.DivRem(signature * signature, modulus, out var squared);
        var q2 = BigInteger.DivRem(squared * signature, modulus, out var cube);
        return (q1, q2, cube);
    }

    internal static BigInteger Number(ReadOnlySpan<byte> bytes, bool isBigEndian = false) => new(bytes, isUnsigned: true, isBigEndian);

    // EMSA-PKCS1-v1_5 (RFC 8017, section 9.2): compared as a whole, so nothing in the padding goes unread.
    private static byte[] Encode(ReadOnlySpan<byte> signed)
    {
        var encoded = new byte[KeySize];
        encoded.AsSpan().Fill(0xFF);
        encoded[0] = 0;
        encoded[1] = 1;
        var digest = encoded.Length - SHA256.HashSizeInBytes;
        SHA256.HashData(signed, encoded.AsSpan(digest));
        DigestInfo.CopyTo(encoded.AsSpan(digest - DigestInfo.Length));
        encoded[digest - DigestInfo.Length - 1] = 0;
        return encoded;
    }
}
