using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Tests.Jose;

public class JwkTests
{
    private const string RfcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string RfcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    private const string RfcN =
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-"
        + "5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyr"
        + "dkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    private static string? Error(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Jwk.TryRead(document.RootElement, out _, out var error) ? null : error;
    }

    [Theory]
    [InlineData("nistP256", 32)]
    [InlineData("nistP384", 48)]
    [InlineData("nistP521", 66)]
    public void RoundTrips_EllipticCurveKeys(string curve, int size)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        var jwk = Jwk.FromEc(key.ExportParameters(includePrivateParameters: true), "ES256", "k1");
        using var document = JsonDocument.Parse(jwk.ToJson());
        Assert.False(document.RootElement.TryGetProperty("d", out _));
        Assert.True(Base64UrlText.TryDecode(document.RootElement.GetProperty("x").GetString(), out var x));
        Assert.Equal(size, x.Length);
        Assert.True(Jwk.TryRead(document.RootElement, out var back, out _));
        Assert.Equal(jwk.Thumbprint(), back.Thumbprint());
        Assert.Equal(("ES256", "k1"), (back.Algorithm, back.KeyId));
    }

    [Fact]
    public void Thumbprint_IsThatOfRfc7638()
    {
        using var document = JsonDocument.Parse($$"""{"kty":"RSA","n":"{{RfcN}}","e":"AQAB","alg":"RS256","kid":"2011-04-29"}""");
        Assert.True(Jwk.TryRead(document.RootElement, out var key, out _));
        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", key.Thumbprint());
    }

    [Fact]
    public void Ignores_MembersItDoesNotKnow() =>
        Assert.Null(Error($$"""{"kty":"EC","crv":"P-256","x":"{{RfcX}}","y":"{{RfcY}}","use":"enc","x-note":[1,{"a":2}]}"""));

    [Theory]
    [InlineData("[]", "a JWK is a JSON object")]
    [InlineData("{}", "kty is missing")]
    [InlineData("""{"kty":7}""", "kty is not a string")]
    [InlineData("""{"kty":"oct","k":"AAAA"}""", "private member 'k'")]
    [InlineData("""{"kty":"AKP"}""", "kty is neither EC nor RSA")]
    [InlineData("""{"kty":"EC"}""", "crv is missing")]
    [InlineData("""{"kty":"EC","crv":"secp256k1"}""", "crv is none of")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"AA"}""", "y is missing")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}""", "have 32 bytes each, found 1 and 1")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"AA==","y":"AA"}""", "x is not base64url")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":5,"y":"AA"}""", "x is not base64url")]
    [InlineData("""{"kty":"RSA","n":"AQAB","e":"AQAB"}""", "n has 17 bits")]
    [InlineData("""{"kty":"RSA","e":"AQAB"}""", "n is missing")]
    [InlineData("""{"kty":"EC","alg":null,"crv":"P-256"}""", "alg is not a string")]
    public void Refuses_NamingTheMember(string json, string expected) => Assert.Contains(expected, Error(json), StringComparison.Ordinal);

    [Fact]
    public void Refuses_PointsOffTheCurve() =>
        Assert.Contains("not a point", Error($$"""{"kty":"EC","crv":"P-256","x":"{{RfcY}}","y":"{{RfcX}}"}"""), StringComparison.Ordinal);

    [Fact]
    public void Refuses_PrivateKeys() => Assert.Contains(
        "private member 'd'", Error($$"""{"kty":"EC","crv":"P-256","x":"{{RfcX}}","y":"{{RfcY}}","d":"AA"}"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("AQ")]
    [InlineData("Ag")]
    [InlineData("AAEAAQ")]
    [InlineData("AQAAAAAB")]
    [InlineData("")]
    public void Refuses_RsaExponents_ThatAreNoSound(string exponent) =>
        Assert.NotNull(Error($$"""{"kty":"RSA","n":"{{RfcN}}","e":"{{exponent}}"}"""));

    [Fact]
    public void Refuses_OversizedRsaKeys() =>
        Assert.NotNull(
            Error($$"""{"kty":"RSA","n":"{{Base64UrlText.Encode(Enumerable.Repeat((byte)255, 1025).ToArray())}}","e":"AQAB"}"""));
}
