using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Tests.Jose;

public sealed class JwsTests : IDisposable
{
    private const string RfcToken =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    private static string Token(string header, string payload = "{}", string signature = "") =>
        $"{Base64UrlText.Encode(Encoding.UTF8.GetBytes(header))}.{Base64UrlText.Encode(Encoding.UTF8.GetBytes(payload))}."
        + (signature.Length > 0 ? signature : Base64UrlText.Encode(new byte[64]));

    [Fact]
    public void Verifies_TheTokenOfRfc7515AppendixA3()
    {
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = Decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                Y = Decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
            },
        });
        Assert.True(UnverifiedJws.TryRead(RfcToken, out var jws, out _));
        Assert.True(jws.TryVerify(key, out var payload));
        Assert.StartsWith("{\"iss\":\"joe\"", Encoding.UTF8.GetString(payload), StringComparison.Ordinal);
        Assert.False(jws.TryVerify(_key, out _));
    }

    [Fact]
    public void Verifies_WhatItSigned_AndNothingElse()
    {
        var token = Jws.SignEs256("""{"alg":"ES256","kid":"a"}"""u8, "payload"u8, _key);
        Assert.True(UnverifiedJws.TryRead(token, out var jws, out _));
        Assert.Equal("a", jws.KeyId);
        Assert.True(jws.TryVerify(_key, out var payload));
        Assert.Equal("payload"u8.ToArray(), payload);
        for (var i = 0; i < token.Length; i++)
        {
            foreach (var c in "A.z")
            {
                if (token[i] != c)
                {
                    var changed = token[..i] + c + token[(i + 1)..];
                    Assert.False(UnverifiedJws.TryRead(changed, out var other, out _) && other.TryVerify(_key, out _));
                }
            }
        }
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"None"}""")]
    [InlineData("""{"alg":"HS256"}""")]
    [InlineData("""{"alg":"ES384"}""")]
    [InlineData("""{"alg":"es256"}""")]
    [InlineData("""{"alg":["ES256"]}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("{}")]
    public void Refuses_AnyOtherAlgorithm(string header)
    {
        Assert.False(UnverifiedJws.TryRead(Token(header), out _, out var error));
        Assert.Equal("alg is not ES256", error);
    }

    [Theory]
    [InlineData("""{"alg":"ES256","crit":["exp"],"exp":1}""")]
    [InlineData("""{"alg":"ES256","crit":[]}""")]
    [InlineData("""{"alg":"ES256","b64":false}""")]
    [InlineData("""{"alg":"ES256","alg":"none"}""")]
    [InlineData("""{"alg":"none","alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","\u0061lg":"none"}""")]
    [InlineData("""{"alg":"ES256","kid":1}""")]
    [InlineData("""{"alg":"ES256","kid":"\ud800"}""")]
    [InlineData("""{"alg":"ES256","jwk":{"kty":"oct","k":"AAAA"}}""")]
    [InlineData("""["ES256"]""")]
    [InlineData("""{"alg":"ES256",}""")]
    [InlineData("not json")]
    public void Refuses_StrangeHeaders(string header) => Assert.False(UnverifiedJws.TryRead(Token(header), out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("...")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.AAAA")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9=.e30.AAAA")]
    public void Refuses_WhatIsNoToken(string token) => Assert.False(UnverifiedJws.TryRead(token, out _, out _));

    [Fact]
    public void Refuses_Oversized() => Assert.False(UnverifiedJws.TryRead(new string('a', UnverifiedJws.MaxLength + 1), out _, out _));

    [Fact]
    public void Refuses_TheOtherRepresentationOfSignatures()
    {
        // DER-encoded signatures are a common mistake of signers; accepting both would give every token two spellings.
        var signed = Token("""{"alg":"ES256"}""", "{}", "x")[..^2];
        var der = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.False(UnverifiedJws.TryRead($"{signed}.{Base64UrlText.Encode(der)}", out var jws, out _) && jws.TryVerify(_key, out _));
    }

    private static byte[] Decode(string text) => Base64UrlText.TryDecode(text, out var bytes) ? bytes : throw new FormatException(text);
}
