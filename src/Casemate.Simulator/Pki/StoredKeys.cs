using System.Numerics;
using Casemate.Primitives.Asn1;

namespace Casemate.Simulator.Pki;

/// <summary>
/// Checks stored keys and certificates against each other by their bytes alone: no key is loaded, so that start-up stays fast.
/// </summary>
internal static class StoredKeys
{
    /// <summary>Finds the SubjectPublicKeyInfo (whole encoding) in a certificate. Source: RFC 5280 section 4.1.</summary>
    public static bool TryReadPublicKeyInfo(ReadOnlySpan<byte> certificate, out ReadOnlySpan<byte> publicKeyInfo)
    {
        publicKeyInfo = default;
        var outer = new DerReader(certificate);
        if (!outer.TryReadSequence(out var parts) || !outer.IsEmpty || !parts.TryReadSequence(out var body))
        {
            return false;
        }

        // [0] version, serial number, algorithm, issuer, validity, subject; then the key.
        ReadOnlySpan<int> before =
            [DerTag.Context(0), DerTag.Integer, DerTag.Sequence, DerTag.Sequence, DerTag.Sequence, DerTag.Sequence];
        foreach (var tag in before)
        {
            if (!body.TryRead(tag, out _))
            {
                return false;
            }
        }

        return body.PeekTag == DerTag.Sequence && body.TryReadValue(out _, out _, out publicKeyInfo);
    }

    /// <summary>Checks a stored RSA private key (PKCS#8, RFC 5208 and RFC 8017 appendix A.1.2).</summary>
    /// <param name="pkcs8">The private key.</param>
    /// <param name="publicKeyInfo">The public key that it must belong to.</param>
    /// <param name="bits">Size of the modulus.</param>
    /// <returns>What is wrong, continuing a sentence that begins with the key's name; null when nothing is.</returns>
    public static string? CheckRsa(ReadOnlySpan<byte> pkcs8, ReadOnlySpan<byte> publicKeyInfo, int bits)
    {
        if (!TryReadPublicModulus(publicKeyInfo, out var certifiedModulus))
        {
            return "stands beside a certificate without an RSA key";
        }

        if (!TryReadPrivateKey(pkcs8, out var modulus, out var prime1, out var prime2))
        {
            return "is not an RSA private key in PKCS#8";
        }

        if (!modulus.SequenceEqual(certifiedModulus))
        {
            return "does not belong to the certificate beside it";
        }

        var n = Number(modulus);
        return n.GetBitLength() != bits || Number(prime1) * Number(prime2) != n ? $"is not a sound RSA-{bits} key" : null;
    }

    private static bool TryReadPublicModulus(ReadOnlySpan<byte> publicKeyInfo, out ReadOnlySpan<byte> modulus)
    {
        modulus = default;
        var outer = new DerReader(publicKeyInfo);
        if (!outer.TryReadSequence(out var parts) || !parts.TryReadSequence(out _) || !parts.TryReadWholeBitString(out var bits))
        {
            return false;
        }

        var key = new DerReader(bits);
        return key.TryReadSequence(out var numbers) && numbers.TryReadInteger(out modulus);
    }

    private static bool TryReadPrivateKey(
        ReadOnlySpan<byte> pkcs8, out ReadOnlySpan<byte> modulus, out ReadOnlySpan<byte> prime1, out ReadOnlySpan<byte> prime2)
    {
        modulus = prime1 = prime2 = default;
        var outer = new DerReader(pkcs8);
        if (!outer.TryReadSequence(out var parts) || !outer.IsEmpty || !parts.TryReadInteger(out _) || !parts.TryReadSequence(out _)
            || !parts.TryReadOctetString(out var key))
        {
            return false;
        }

        // version, modulus, public exponent, private exponent, two primes, two exponents, coefficient
        var inner = new DerReader(key);
        return inner.TryReadSequence(out var numbers) && inner.IsEmpty
            && numbers.TryReadInteger(out _) && numbers.TryReadInteger(out modulus)
            && numbers.TryReadInteger(out _) && numbers.TryReadInteger(out _)
            && numbers.TryReadInteger(out prime1) && numbers.TryReadInteger(out prime2)
            && numbers.TryReadInteger(out _) && numbers.TryReadInteger(out _) && numbers.TryReadInteger(out _) && numbers.IsEmpty;
    }

    private static BigInteger Number(ReadOnlySpan<byte> content) => new(content, isUnsigned: false, isBigEndian: true);
}
