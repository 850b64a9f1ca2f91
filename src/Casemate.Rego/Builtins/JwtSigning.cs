using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Makes JSON Web Tokens with keys that the policy names (RFC 7515, RFC 7518). A policy with keys is a secret: keep it so.</summary>
internal static class JwtSigning
{
    public static void Register(BuiltinTable table)
    {
        table.Add("io.jwt.encode_sign", ["o", "o", "o"], (c, a) =>
            Sign(c, "io.jwt.encode_sign", a[0].ToString(), a[1].ToString(), (RegoObject)a[0], (RegoObject)a[2]));
        table.Add("io.jwt.encode_sign_raw", ["s", "s", "s"], SignRaw);
    }

    private static RegoValue? SignRaw(BuiltinContext context, RegoValue[] a)
    {
        const string Name = "io.jwt.encode_sign_raw";
        var (header, payload, key) = (((RegoString)a[0]).Value, ((RegoString)a[1]).Value, ((RegoString)a[2]).Value);
        if (!RegoValue.TryReadJson(Encoding.UTF8.GetBytes(header), out var read, out var error) || read is not RegoObject members)
        {
            return context.Error($"{Name}: the header is no JSON object: {error}");
        }

        if (!RegoValue.TryReadJson(Encoding.UTF8.GetBytes(key), out var readKey, out error) || readKey is not RegoObject jwk)
        {
            return context.Error($"{Name}: failed to parse a JWK key (set): {error}");
        }

        if ((members["typ"] as RegoString)?.Value is null or "JWT" && payload.Length > 0
            && !RegoValue.TryReadJson(Encoding.UTF8.GetBytes(payload), out _, out error))
        {
            return context.Error($"{Name}: type is JWT but payload is not JSON");
        }

        return Sign(context, Name, header, payload, members, jwk);
    }

    private static RegoValue? Sign(BuiltinContext context, string name, string headerText, string payload, RegoObject header, RegoObject jwk)
    {
        jwk = jwk["keys"] is RegoArray { Count: > 0 } keys && keys[0] is RegoObject first ? first : jwk;
        if (header["alg"] is not RegoString { Value: var algorithm })
        {
            return context.Error($"{name}: the header names no alg");
        }

        context.CheckLength(headerText.Length + (long)payload.Length);
        var text = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(headerText)) + "."
            + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload));
        context.Step(5000 + (text.Length / 64));
        try
        {
            return Signature(algorithm, Encoding.ASCII.GetBytes(text), jwk) is { } signature
                ? context.Text($"{text}.{Base64Url.EncodeToString(signature)}")
                : context.Error($"{name}: the key does not fit the algorithm, or the algorithm is unknown: {algorithm}");
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException or PlatformNotSupportedException)
        {
            return context.Error($"{name}: the key is malformed");
        }
    }

    private static byte[]? Signature(string algorithm, byte[] text, RegoObject jwk)
    {
        var type = (jwk["kty"] as RegoString)?.Value;
        var hash = algorithm switch
        {
            [_, _, '2', '5', '6'] => HashAlgorithmName.SHA256,
            [_, _, '3', '8', '4'] => HashAlgorithmName.SHA384,
            [_, _, '5', '1', '2'] => HashAlgorithmName.SHA512,
            _ => default,
        };
        if (hash.Name is null)
        {
            return null;
        }

        switch (algorithm[..2], type)
        {
            case ("HS", "oct"):
                return CryptographicOperations.HmacData(hash, Part(jwk, "k"), text);
            case ("RS" or "PS", "RSA"):
                using (var rsa = RSA.Create())
                {
                    rsa.ImportParameters(Rsa(jwk));
                    return rsa.SignData(text, hash, algorithm[0] == 'R' ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss);
                }

            case ("ES", "EC"):
                var (curve, size) = (algorithm, (jwk["crv"] as RegoString)?.Value) switch
                {
                    ("ES256", "P-256") => (ECCurve.NamedCurves.nistP256, 32),
                    ("ES384", "P-384") => (ECCurve.NamedCurves.nistP384, 48),
                    ("ES512", "P-521") => (ECCurve.NamedCurves.nistP521, 66),
                    _ => (default, 0),
                };
                if (size == 0)
                {
                    return null;
                }

                using (var ec = ECDsa.Create(new ECParameters
                {
                    Curve = curve,
                    D = Sized(Part(jwk, "d"), size),
                    Q = new ECPoint { X = Sized(Part(jwk, "x"), size), Y = Sized(Part(jwk, "y"), size) },
                }))
                {
                    return ec.SignData(text, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
                }

            default:
                return null;
        }
    }

    private static RSAParameters Rsa(RegoObject jwk)
    {
        var modulus = Part(jwk, "n");
        var half = (modulus.Length + 1) / 2;
        return new RSAParameters
        {
            Modulus = modulus,
            Exponent = Part(jwk, "e"),
            D = Sized(Part(jwk, "d"), modulus.Length),
            P = Sized(Part(jwk, "p"), half),
            Q = Sized(Part(jwk, "q"), half),
            DP = Sized(Part(jwk, "dp"), half),
            DQ = Sized(Part(jwk, "dq"), half),
            InverseQ = Sized(Part(jwk, "qi"), half),
        };
    }

    private static byte[] Part(RegoObject jwk, string name) =>
        Base64Url.DecodeFromChars((jwk[name] as RegoString)?.Value ?? throw new FormatException($"the key has no {name}"));

    private static byte[] Sized(byte[] number, int size)
    {
        var digits = number.AsSpan().TrimStart((byte)0);
        if (digits.Length > size)
        {
            throw new FormatException("a part of the key is too long");
        }

        var sized = new byte[size];
        digits.CopyTo(sized.AsSpan(size - digits.Length));
        return sized;
    }
}
