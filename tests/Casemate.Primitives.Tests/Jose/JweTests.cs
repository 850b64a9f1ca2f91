using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Text;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Jose;

public sealed class JweTests : IDisposable
{
    private static readonly RSA Rsa = RSA.Create(2048);
    private readonly ECDiffieHellman _p256 = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDiffieHellman _p521 = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521);

    public void Dispose()
    {
        _p256.Dispose();
        _p521.Dispose();
    }

    private static Jwk Public(ECDiffieHellman key) => Jwk.FromEc(key.ExportParameters(false), JoseAlgorithm.EcdhEsA256Kw);

    // Made with Node.js (OpenSSL): ECDH, key wrap, OAEP and GCM of another implementation; see the file.
    [Fact]
    public void Decrypts_WhatAnotherImplementationEncrypted()
    {
        var path = Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Primitives.Tests", "Jose", "Vectors", "jwe-openssl.json");
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(path));
        Assert.Equal(3, vectors.RootElement.GetArrayLength());
        foreach (var vector in vectors.RootElement.EnumerateArray())
        {
            var jwe = Encoding.UTF8.GetBytes(vector.GetProperty("jwe").GetRawText());
            var pem = vector.GetProperty("privateKeyPkcs8").GetString();
            byte[]? plaintext;
            string? error;
            if (vector.GetProperty("name").GetString() == "RSA")
            {
                using var key = RSA.Create();
                key.ImportFromPem(pem);
                Assert.True(Jwe.TryDecrypt(jwe, key, out plaintext, out error), error);
            }
            else
            {
                using var key = ECDiffieHellman.Create();
                key.ImportFromPem(pem);
                Assert.True(Jwe.TryDecrypt(jwe, key, out plaintext, out error), error);
            }

            Assert.Equal(vector.GetProperty("plaintext").GetString(), Encoding.UTF8.GetString(plaintext));
        }
    }

    [Fact]
    public void RoundTrips_EveryKindOfKey()
    {
        foreach (var length in (int[])[0, 1, 31, 1000, 100_000])
        {
            var plaintext = RandomNumberGenerator.GetBytes(length);
            foreach (var key in (ECDiffieHellman[])[_p256, _p521])
            {
                Assert.True(Jwe.TryDecrypt(Jwe.Encrypt(Public(key), plaintext), key, out var back, out var error), error);
                Assert.Equal(plaintext, back);
            }

            var rsa = Jwk.FromRsa(Rsa.ExportParameters(false), JoseAlgorithm.RsaOaep256);
            Assert.True(Jwe.TryDecrypt(Jwe.Encrypt(rsa, plaintext), Rsa, out var fromRsa, out _));
            Assert.Equal(plaintext, fromRsa);
        }
    }

    [Fact]
    public void Writes_TheHeaderInTheOrderThatClientsRebuildItIn()
    {
        using var document = JsonDocument.Parse(Jwe.Encrypt(Public(_p256), "x"u8));
        var header = Header(document.RootElement);
        using var parsed = JsonDocument.Parse(header);
        var epk = parsed.RootElement.GetProperty("epk");
        var (x, y) = (epk.GetProperty("x").GetString(), epk.GetProperty("y").GetString());
        Assert.Equal(
            $$$"""{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"crv":"P-256","kty":"EC","x":"{{{x}}}","y":"{{{y}}}"}}""", header);
        Assert.Equal(
            ["protected", "encrypted_key", "iv", "ciphertext", "tag"], document.RootElement.EnumerateObject().Select(m => m.Name));

        using var rsa = JsonDocument.Parse(Jwe.Encrypt(Jwk.FromRsa(Rsa.ExportParameters(false), JoseAlgorithm.RsaOaep256), "x"u8));
        Assert.Equal("""{"alg":"RSA-OAEP-256","enc":"A256GCM"}""", Header(rsa.RootElement));
    }

    [Fact]
    public void Uses_FreshKeysEachTime()
    {
        var first = JsonNode.Parse(Jwe.Encrypt(Public(_p256), "same"u8))!;
        var second = JsonNode.Parse(Jwe.Encrypt(Public(_p256), "same"u8))!;
        foreach (var member in (string[])["protected", "encrypted_key", "iv", "ciphertext", "tag"])
        {
            Assert.NotEqual((string?)first[member], (string?)second[member]);
        }
    }

    [Theory]
    [InlineData("RSA1_5", "RSA1_5 is broken")]
    [InlineData("RSA-OAEP", "must be RSA-OAEP-256")]
    [InlineData(null, "must be RSA-OAEP-256")]
    public void Refuses_WeakOrUnnamedRsaAlgorithms(string? algorithm, string expected)
    {
        var key = Jwk.FromRsa(Rsa.ExportParameters(false), algorithm);
        Assert.False(Jwe.CanEncryptTo(key, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Jwe.Encrypt(key, "x"u8));
    }

    [Fact]
    public void Refuses_AnEcKeyWithoutItsAlgorithm() =>
        Assert.Throws<ArgumentException>(() => Jwe.Encrypt(Jwk.FromEc(_p256.ExportParameters(false)), "x"u8));

    [Fact]
    public void Refuses_EveryChangedPart()
    {
        var jwe = JsonNode.Parse(Jwe.Encrypt(Public(_p256), "a secret"u8))!.AsObject();
        foreach (var member in (string[])["encrypted_key", "iv", "ciphertext", "tag"])
        {
            var changed = jwe.DeepClone().AsObject();
            Assert.True(Base64UrlText.TryDecode((string?)changed[member], out var bytes));
            bytes[0] ^= 1;
            changed[member] = Base64UrlText.Encode(bytes);
            Assert.False(Jwe.TryDecrypt(Encoding.UTF8.GetBytes(changed.ToJsonString()), _p256, out _, out var error));
            Assert.Equal("the content does not decrypt: it is for another key, or was changed", error);
        }

        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(Jwe.TryDecrypt(Encoding.UTF8.GetBytes(jwe.ToJsonString()), other, out _, out _));
        Assert.False(Jwe.TryDecrypt(Encoding.UTF8.GetBytes(jwe.ToJsonString()), _p521, out _, out _));
        Assert.False(Jwe.TryDecrypt(Encoding.UTF8.GetBytes(jwe.ToJsonString()), Rsa, out _, out _));
    }

    [Theory]
    [InlineData("recipients", "[]")]
    [InlineData("unprotected", "{}")]
    [InlineData("header", "{}")]
    [InlineData("aad", "\"AAAA\"")]
    public void Refuses_MembersThatAreNotAuthenticated(string member, string value)
    {
        var jwe = JsonNode.Parse(Jwe.Encrypt(Public(_p256), "a secret"u8))!.AsObject();
        jwe[member] = JsonNode.Parse(value);
        Assert.False(Jwe.TryDecrypt(Encoding.UTF8.GetBytes(jwe.ToJsonString()), _p256, out _, out var error));
        Assert.Contains("only protected", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"alg":"dir","enc":"A256GCM"}""")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A256GCM"}""")]
    [InlineData("""{"alg":"ECDH-ES+A256KW","enc":"A128GCM"}""")]
    [InlineData("""{"alg":"ECDH-ES+A256KW","enc":"A256GCM"}""")]
    [InlineData("""{"alg":"ECDH-ES+A256KW","enc":"A256GCM","crit":["x"],"x":1}""")]
    [InlineData("""{"alg":"ECDH-ES+A256KW","enc":"A256GCM","zip":"DEF"}""")]
    [InlineData("""{"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}""")]
    [InlineData("""{"enc":"A256GCM"}""")]
    [InlineData("""{"alg":1,"enc":"A256GCM"}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public void Refuses_OtherHeaders(string header)
    {
        var jwe = JsonNode.Parse(Jwe.Encrypt(Public(_p256), "a secret"u8))!.AsObject();
        jwe["protected"] = Base64UrlText.Encode(Encoding.UTF8.GetBytes(header));
        Assert.False(Jwe.TryDecrypt(Encoding.UTF8.GetBytes(jwe.ToJsonString()), _p256, out _, out var error));
        Assert.NotEmpty(error);
    }

    // An RSA key that nobody generated: any odd number of the right size, any odd exponent.
    [Fact]
    public void Encrypts_ToEveryKeyThatReads()
    {
        var random = new Random(13);
        var read = 0;
        for (var i = 0; i < 300; i++)
        {
            var n = new byte[256];
            random.NextBytes(n);
            n[0] |= 0x80;
            n[^1] |= 1;
            var e = new byte[random.Next(1, 5)];
            random.NextBytes(e);
            e[0] |= 1;
            e[^1] |= 1;
            using var json = JsonDocument.Parse(
                $$"""{"kty":"RSA","alg":"RSA-OAEP-256","n":"{{Base64UrlText.Encode(n)}}","e":"{{Base64UrlText.Encode(e)}}"}""");
            if (Jwk.TryRead(json.RootElement, out var key, out _))
            {
                read++;
                Assert.NotEmpty(Jwe.Encrypt(key, "x"u8));
            }
        }

        Assert.True(read > 200);
    }

    [Fact]
    public void Never_ThrowsOnHostileInput()
    {
        var valid = Jwe.Encrypt(Public(_p256), "a secret"u8);
        var random = new Random(3);
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = (byte[])valid.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var cut = bytes.AsMemory(0, i % 2 == 0 ? bytes.Length : random.Next(bytes.Length));
            if (Jwe.TryDecrypt(cut, _p256, out var plaintext, out var error))
            {
                Assert.Equal("a secret"u8.ToArray(), plaintext);           // a flip that changed nothing that is read
            }
            else
            {
                Assert.NotEmpty(error);
            }
        }
    }

    private static string Header(JsonElement jwe) =>
        Base64UrlText.TryDecode(jwe.GetProperty("protected").GetString(), out var bytes) ? Encoding.UTF8.GetString(bytes) : "";
}
