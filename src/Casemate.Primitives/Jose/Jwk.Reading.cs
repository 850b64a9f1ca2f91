using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Jose;

public sealed partial class Jwk
{
    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <summary>Reads a public key.</summary>
    /// <param name="element">A JSON object. Members that this library does not know are ignored.</param>
    /// <param name="key">The key, or null.</param>
    /// <param name="error">What is wrong, naming the member; null when the key was read.</param>
    /// <returns>True for a well-formed key whose point is on its curve. A private key is refused: nobody should have sent it.</returns>
    public static bool TryRead(JsonElement element, [NotNullWhen(true)] out Jwk? key, [NotNullWhen(false)] out string? error)
    {
        key = null;
        if (element.ValueKind is not JsonValueKind.Object)
        {
            error = "a JWK is a JSON object";
            return false;
        }

        foreach (var name in PrivateMembers)
        {
            if (element.TryGetProperty(name, out _))
            {
                error = $"the JWK carries the private member '{name}'; send the public key only, and make a new key";
                return false;
            }
        }

        error = ReadText(element, "kty", required: true, out var keyType)
            ?? ReadText(element, "alg", required: false, out var algorithm)
            ?? ReadText(element, "kid", required: false, out var keyId)
            ?? keyType switch
            {
                "EC" => ReadEc(element, algorithm, keyId, out key),
                "RSA" => ReadRsa(element, algorithm, keyId, out key),
                _ => "kty is neither EC nor RSA",
            };
        return error is null && key is not null;
    }

    private static string? ReadEc(JsonElement element, string? algorithm, string? keyId, out Jwk? key)
    {
        key = null;
        var error = ReadText(element, "crv", required: true, out var curve);
        if (error is not null)
        {
            return error;
        }

        if (curve is not (JoseAlgorithm.P256 or JoseAlgorithm.P384 or JoseAlgorithm.P521))
        {
            return "crv is none of P-256, P-384 and P-521";
        }

        var size = CurveOf(curve).FieldBytes;
        byte[] y = [];
        error = ReadBytes(element, "x", out var x) ?? ReadBytes(element, "y", out y);
        if (error is not null)
        {
            return error;
        }

        // RFC 7518, section 6.2.1.2: the full size of a coordinate, leading zeros included.
        if (x.Length != size || y.Length != size)
        {
            return $"x and y of {curve} have {size} bytes each, found {x.Length} and {y.Length}";
        }

        var candidate = new Jwk("EC", curve, x, y, algorithm, keyId);
        try
        {
            using var check = ECDiffieHellman.Create(candidate.ToEcParameters());
        }
        catch (CryptographicException)
        {
            return $"x and y are not a point of {curve}";
        }

        key = candidate;
        return null;
    }

    private static string? ReadRsa(JsonElement element, string? algorithm, string? keyId, out Jwk? key)
    {
        key = null;
        byte[] e = [];
        var error = ReadBytes(element, "n", out var n) ?? ReadBytes(element, "e", out e);
        if (error is not null)
        {
            return error;
        }

        var bits = n.Length == 0 ? 0 : n.Length * 8 - System.Numerics.BitOperations.LeadingZeroCount((uint)n[0]) + 24;
        if (bits is < MinimumRsaBits or > MaximumRsaBits)
        {
            return $"n has {bits} bits, accepted are {MinimumRsaBits} to {MaximumRsaBits}";
        }

        if ((n[^1] & 1) == 0)
        {
            return "n is even";
        }

        if (n[0] == 0 || e.Length is 0 or > 4 || e[0] == 0 || (e[^1] & 1) == 0 || e is [1])
        {
            return "n and e are positive numbers without leading zeros, and e is odd, above 1 and below 2^32";
        }

        key = new Jwk("RSA", null, n, e, algorithm, keyId);
        return null;
    }

    private static string? ReadText(JsonElement element, string name, bool required, out string? text)
    {
        text = null;
        if (!element.TryGetProperty(name, out var value))
        {
            return required ? $"{name} is missing" : null;
        }

        if (value.ValueKind is not JsonValueKind.String)
        {
            return $"{name} is not a string";
        }

        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return $"{name} is not valid Unicode";
        }

        return text.Length > 256 ? $"{name} is longer than 256 characters" : null;
    }

    private static string? ReadBytes(JsonElement element, string name, out byte[] bytes)
    {
        bytes = [];
        if (!element.TryGetProperty(name, out var value))
        {
            return $"{name} is missing";
        }

        if (value.ValueKind is not JsonValueKind.String || value.GetRawText() is not { Length: <= 2 + (MaximumRsaBits / 6) + 2 } raw
            || !Base64UrlText.TryDecode(raw.AsSpan(1, raw.Length - 2), out var decoded))
        {
            return $"{name} is not base64url without padding, or too long";
        }

        bytes = decoded;
        return null;
    }
}
