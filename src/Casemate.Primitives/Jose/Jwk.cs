using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Jose;

/// <summary>
/// A public key as JSON: an elliptic-curve key on P-256, P-384 or P-521, or an RSA key of 2048 to 8192 bits.
/// Source: RFC 7517; RFC 7518, section 6.
/// </summary>
public sealed partial class Jwk
{
    /// <summary>The smallest RSA modulus that is accepted, in bits.</summary>
    public const int MinimumRsaBits = 2048;

    /// <summary>The largest RSA modulus that is accepted, in bits: beyond it one operation costs seconds.</summary>
    public const int MaximumRsaBits = 8192;

    private readonly byte[] _first;                                        // x or n
    private readonly byte[] _second;                                       // y or e

    private Jwk(string keyType, string? curve, byte[] first, byte[] second, string? algorithm, string? keyId)
    {
        (KeyType, Curve, Algorithm, KeyId) = (keyType, curve, algorithm, keyId);
        (_first, _second) = (first, second);
    }

    /// <summary><c>kty</c>: <c>EC</c> or <c>RSA</c>.</summary>
    public string KeyType { get; }

    /// <summary><c>crv</c>: a curve of <see cref="JoseAlgorithm"/>; null for RSA.</summary>
    public string? Curve { get; }

    /// <summary><c>alg</c>: what the key is meant for, as its owner says; null when absent. Not checked against the key.</summary>
    public string? Algorithm { get; }

    /// <summary><c>kid</c>; null when absent.</summary>
    public string? KeyId { get; }

    /// <summary>True for an elliptic-curve key.</summary>
    [MemberNotNullWhen(true, nameof(Curve))]
    public bool IsEc => Curve is not null;

    /// <summary>The key as parameters of the base library.</summary>
    /// <exception cref="InvalidOperationException">This is an RSA key.</exception>
    public ECParameters ToEcParameters() => IsEc
        ? new ECParameters { Curve = CurveOf(Curve).Curve, Q = new ECPoint { X = _first, Y = _second } }
        : throw new InvalidOperationException("An RSA key has no curve.");

    /// <summary>The key as parameters of the base library.</summary>
    /// <exception cref="InvalidOperationException">This is an elliptic-curve key.</exception>
    public RSAParameters ToRsaParameters() => !IsEc
        ? new RSAParameters { Modulus = _first, Exponent = _second }
        : throw new InvalidOperationException("An elliptic-curve key has no modulus.");

    /// <summary>Makes a key from public parameters.</summary>
    /// <param name="parameters">Parameters on P-256, P-384 or P-521; a private part is left behind.</param>
    /// <param name="algorithm"><c>alg</c>, or null.</param>
    /// <param name="keyId"><c>kid</c>, or null.</param>
    /// <exception cref="ArgumentException">Another curve.</exception>
    public static Jwk FromEc(ECParameters parameters, string? algorithm = null, string? keyId = null)
    {
        var curve = NameOf(parameters.Curve)
            ?? throw new ArgumentException("The curve is none of P-256, P-384 and P-521.", nameof(parameters));
        return new Jwk("EC", curve, [.. parameters.Q.X!], [.. parameters.Q.Y!], algorithm, keyId);
    }

    /// <summary>Makes a key from public parameters.</summary>
    /// <param name="parameters">Parameters; a private part is left behind.</param>
    /// <param name="algorithm"><c>alg</c>, or null.</param>
    /// <param name="keyId"><c>kid</c>, or null.</param>
    public static Jwk FromRsa(RSAParameters parameters, string? algorithm = null, string? keyId = null) =>
        new("RSA", null, [.. parameters.Modulus!], [.. parameters.Exponent!], algorithm, keyId);

    /// <summary>Writes the key as one JSON object.</summary>
    /// <param name="writer">Stands where a value may be written.</param>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("kty"u8, KeyType);
        WriteOptional(writer, "crv"u8, Curve);
        WriteOptional(writer, "alg"u8, Algorithm);
        WriteOptional(writer, "kid"u8, KeyId);
        writer.WriteString(IsEc ? "x"u8 : "n"u8, Base64UrlText.Encode(_first));
        writer.WriteString(IsEc ? "y"u8 : "e"u8, Base64UrlText.Encode(_second));
        writer.WriteEndObject();
    }

    /// <summary>The key as JSON, UTF-8.</summary>
    public byte[] ToJson()
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output))
        {
            WriteTo(writer);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The SHA-256 thumbprint, base64url: the same for every spelling of one key. Source: RFC 7638.</summary>
    public string Thumbprint()
    {
        var (first, second) = (Base64UrlText.Encode(_first), Base64UrlText.Encode(_second));
        var members = IsEc
            ? $$"""{"crv":"{{Curve}}","kty":"EC","x":"{{first}}","y":"{{second}}"}"""
            : $$"""{"e":"{{second}}","kty":"RSA","n":"{{first}}"}""";
        return Base64UrlText.Encode(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(members)));
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static (ECCurve Curve, int FieldBytes) CurveOf(string name) => name switch
    {
        JoseAlgorithm.P256 => (ECCurve.NamedCurves.nistP256, 32),
        JoseAlgorithm.P384 => (ECCurve.NamedCurves.nistP384, 48),
        JoseAlgorithm.P521 => (ECCurve.NamedCurves.nistP521, 66),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a curve of this library."),
    };

    private static string? NameOf(ECCurve curve) => curve.Oid?.Value switch
    {
        "1.2.840.10045.3.1.7" => JoseAlgorithm.P256,
        "1.3.132.0.34" => JoseAlgorithm.P384,
        "1.3.132.0.35" => JoseAlgorithm.P521,
        _ => curve.Oid?.FriendlyName switch
        {
            "nistP256" or "ECDSA_P256" or "ECDH_P256" => JoseAlgorithm.P256,
            "nistP384" or "ECDSA_P384" or "ECDH_P384" => JoseAlgorithm.P384,
            "nistP521" or "ECDSA_P521" or "ECDH_P521" => JoseAlgorithm.P521,
            _ => null,
        },
    };
}
