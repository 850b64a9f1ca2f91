using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Json;

namespace Casemate.Rego.Builtins;

/// <summary>JSON Web Tokens: decoding, and verification with keys that the policy names (RFC 7515, RFC 7518, RFC 7519).</summary>
internal static class JwtBuiltins
{
    private const int MostKeys = 64;

    public static void Register(BuiltinTable table)
    {
        table.Add("io.jwt.decode", "s", Decode);
        foreach (var bits in (ReadOnlySpan<int>)[256, 384, 512])
        {
            foreach (var family in (ReadOnlySpan<string>)["RS", "PS", "ES", "HS"])
            {
                var algorithm = family + bits.ToString(System.Globalization.CultureInfo.InvariantCulture);
                table.Add($"io.jwt.verify_{algorithm.ToLowerInvariant()}", "s", "s", (c, token, key) => Verify(c, algorithm, token, key));
            }
        }

        table.Add("io.jwt.decode_verify", "s", "o", DecodeVerify);
    }

    private sealed record Token(RegoValue Header, RegoValue Payload, byte[] Signed, byte[] Signature);

    private static Token? Read(string text, out string error)
    {
        error = "encoded JWT must have 3 segments separated by periods, each base64url; header and payload must be JSON objects";
        var parts = text.Split('.');
        if (parts.Length != 3 || parts.Select(part => EncodingBuiltins.FromBase64(RegoString.Create(part), url: true))
            .ToArray() is not [{ } header, { } payload, { } signature]
            || !RegoValue.TryReadJson(header, out var h, out _) || !RegoValue.TryReadJson(payload, out var p, out _) || h is not RegoObject
                || p is not RegoObject)
        {
            return null;
        }

        return new Token(h, p, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature);
    }

    private static RegoValue? Decode(BuiltinContext context, RegoValue value)
    {
        var token = Read(((RegoString)value).Value, out var error);
        return token is null
            ? context.Error($"io.jwt.decode: {error}")
            : RegoArray.Own([token.Header, token.Payload, RegoString.Create(Convert.ToHexStringLower(token.Signature))]);
    }

    private static RegoValue? Verify(BuiltinContext context, string algorithm, RegoValue value, RegoValue key)
    {
        if (Read(((RegoString)value).Value, out var error) is not { } token)
        {
            return context.Error($"io.jwt.verify_{algorithm.ToLowerInvariant()}: {error}");
        }

        var valid = IsSigned(context, token, algorithm, ((RegoString)key).Value, out error);
        return valid is null ? context.Error($"io.jwt.verify_{algorithm.ToLowerInvariant()}: {error}") : RegoValue.From(valid.Value);
    }

    private static bool? IsSigned(BuiltinContext context, Token token, string algorithm, string key, out string error)
    {
        error = "";
        context.Step(1000);
        if (algorithm[0] == 'H')
        {
            var secret = Encoding.UTF8.GetBytes(key);
            var mac = algorithm switch
            {
                "HS256" => HMACSHA256.HashData(secret, token.Signed),
                "HS384" => HMACSHA384.HashData(secret, token.Signed),
                _ => HMACSHA512.HashData(secret, token.Signed),
            };
            return CryptographicOperations.FixedTimeEquals(mac, token.Signature);
        }

        var keys = Keys(key, (token.Header as RegoObject)?["kid"] as RegoString, out error);
        try
        {
            return keys?.Any(each => IsSigned(token, algorithm, each));
        }
        finally
        {
            keys?.ForEach(each => each.Dispose());
        }
    }

    private static bool IsSigned(Token token, string algorithm, AsymmetricAlgorithm key)
    {
        var hash = algorithm[2] switch { '2' => HashAlgorithmName.SHA256, '3' => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        try
        {
            return (algorithm[0], key) switch
            {
                ('E', ECDsa ec) => ec.VerifyData(token.Signed, token.Signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
                ('R', RSA rsa) => rsa.VerifyData(token.Signed, token.Signature, hash, RSASignaturePadding.Pkcs1),
                ('P', RSA rsa) => rsa.VerifyData(token.Signed, token.Signature, hash, RSASignaturePadding.Pss),
                _ => false,
            };
        }
        catch (CryptographicException)
        {
            // A signature of the wrong shape for the key.
            return false;
        }
    }

    // A certificate or public key in PEM, a JWK, or a set of JWKs.
    private static List<AsymmetricAlgorithm>? Keys(string text, RegoString? keyId, out string error)
    {
        error = "failed to parse a PEM certificate, a PEM public key, a JWK or a JWK set";
        var keys = new List<AsymmetricAlgorithm>();
        try
        {
            if (text.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
            {
                using var certificate = X509Certificate2.CreateFromPem(text);
                if (((AsymmetricAlgorithm?)certificate.GetRSAPublicKey() ?? certificate.GetECDsaPublicKey()) is { } key)
                {
                    keys.Add(key);
                }

                return keys;
            }

            if (text.Contains("-----BEGIN", StringComparison.Ordinal))
            {
                keys.Add(FromPem(text));
                return keys;
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or PlatformNotSupportedException)
        {
            return null;
        }

        if (!StrictJson.TryParse(Encoding.UTF8.GetBytes(text), out var document, out var wrong))
        {
            error = wrong;
            return null;
        }

        using (document)
        {
            var isSet = document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("keys", out _);
            var elements = isSet && document.RootElement.GetProperty("keys") is { ValueKind: JsonValueKind.Array } array
                ? array.EnumerateArray().Take(MostKeys).ToList() : [document.RootElement];
            foreach (var element in elements)
            {
                if (!Jwk.TryRead(element, out var jwk, out wrong))
                {
                    error = wrong;
                    continue;
                }

                if (keyId is null || jwk.KeyId is null || jwk.KeyId == keyId.Value)
                {
                    keys.Add(jwk.IsEc ? ECDsa.Create(jwk.ToEcParameters()) : RSA.Create(jwk.ToRsaParameters()));
                }
            }

            return keys.Count > 0 || isSet ? keys : null;
        }
    }

    private static AsymmetricAlgorithm FromPem(string text)
    {
        try
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem(text);
            return rsa;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or PlatformNotSupportedException)
        {
            var ec = ECDsa.Create();
            ec.ImportFromPem(text);
            return ec;
        }
    }

    // [valid, header, payload]; anything that does not hold gives [false, {}, {}].
    private static RegoValue? DecodeVerify(BuiltinContext context, RegoValue value, RegoValue constraints)
    {
        var given = (RegoObject)constraints;
        var unknown = given.Select(member => (member.Key as RegoString)?.Value)
            .FirstOrDefault(name => name is not ("cert" or "secret" or "alg" or "iss" or "aud" or "time"));
        if (unknown is not null)
        {
            return context.Error($"io.jwt.decode_verify: unknown constraint: {unknown}");
        }

        var refused = RegoArray.Own([RegoValue.False, RegoObject.Empty, RegoObject.Empty]);
        var key = given["cert"] as RegoString;
        var secret = given["secret"] as RegoString;
        if ((key is null) == (secret is null))
        {
            return context.Error("io.jwt.decode_verify: either cert or secret must be given, and not both");
        }

        if (Read(((RegoString)value).Value, out _) is not { } token
            || (token.Header as RegoObject)?["alg"] is not RegoString { Value: var algorithm }
            || algorithm is not ("RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512" or "ES256" or "ES384" or "ES512" or "HS256" or "HS384" or "HS512")
            || (algorithm[0] == 'H') != (secret is not null) || (given["alg"] is RegoString wanted && wanted.Value != algorithm)
            || IsSigned(context, token, algorithm, (key ?? secret)!.Value, out _) is not true)
        {
            return refused;
        }

        var payload = (RegoObject)token.Payload;
        foreach (var claim in (ReadOnlySpan<string>)["exp", "nbf"])
        {
            if (payload[claim] is not (null or RegoNumber))
            {
                return context.Error($"io.jwt.decode_verify: {claim} value must be a number");
            }
        }

        var now = given["time"] as RegoNumber
            ?? (context.Options.Now is { } at ? RegoNumber.Create((at.UtcDateTime - DateTime.UnixEpoch).Ticks * 100) : null);
        if (now is null && (payload["exp"] ?? payload["nbf"]) is not null)
        {
            return context.Error("io.jwt.decode_verify: the host gave the evaluation no time, and the constraints name none");
        }

        var holds = (given["iss"] is not { } issuer || issuer.Equals(payload["iss"])) && Audience(given["aud"], payload["aud"])
            && Before(payload["nbf"], now, orEqual: true) && !Before(payload["exp"], now, orEqual: true, whenAbsent: false);
        return holds ? RegoArray.Own([RegoValue.True, token.Header, token.Payload]) : refused;
    }

    private static bool Audience(RegoValue? wanted, RegoValue? present) =>
        wanted is null ? present is null : present is RegoArray many ? many.Contains(wanted) : wanted.Equals(present);

    // Whether a time in seconds lies before the present in nanoseconds.
    private static bool Before(RegoValue? seconds, RegoNumber? now, bool orEqual, bool whenAbsent = true)
    {
        if (seconds is null)
        {
            return whenAbsent;
        }

        if (seconds is not RegoNumber time || now is null || Arithmetic.Multiply(time, RegoNumber.Create(1_000_000_000)) is not { } at)
        {
            return !whenAbsent;
        }

        return at.CompareTo(now) < (orEqual ? 1 : 0);
    }
}
