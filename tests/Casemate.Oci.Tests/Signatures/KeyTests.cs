using System.Security.Cryptography;
using System.Text;
using Casemate.Oci.Signatures;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Keys of image signatures, with openssl as the second opinion.</summary>
public sealed class KeyTests
{
    private static readonly byte[] s_data = "what is signed"u8.ToArray();

    [Theory]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", SignatureKeyKind.EcdsaP256)]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", SignatureKeyKind.EcdsaP384)]
    [InlineData("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", SignatureKeyKind.Rsa)]
    public async Task OpensslAndWe_VerifyEachOther(string algorithm, SignatureKeyKind kind)
    {
        using var directory = new TemporaryDirectory();
        var (privateFile, publicFile) = await OpensslAsync(directory, algorithm);
        using var key = SigningKey.Parse(await File.ReadAllTextAsync(privateFile, TestContext.Current.CancellationToken));
        var publicKey = SignatureKey.Parse(await File.ReadAllTextAsync(publicFile, TestContext.Current.CancellationToken));
        Assert.Equal(kind, publicKey.Kind);
        Assert.Equal(publicKey, key.PublicKey);

        await File.WriteAllBytesAsync(directory.File("data"), s_data, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(
            directory.File("ours"), await key.SignAsync(s_data, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        await OpensslAsync("dgst", "-sha256", "-verify", publicFile, "-signature", directory.File("ours"), directory.File("data"));

        foreach (var hash in kind is SignatureKeyKind.EcdsaP384 ? ["-sha256", "-sha384"] : (string[])["-sha256"])
        {
            await OpensslAsync("dgst", hash, "-sign", privateFile, "-out", directory.File("theirs"), directory.File("data"));
            var theirs = await File.ReadAllBytesAsync(directory.File("theirs"), TestContext.Current.CancellationToken);
            Assert.True(publicKey.Verify(s_data, theirs));
            Assert.False(publicKey.Verify([.. s_data, 0], theirs));
            for (var i = 0; i < theirs.Length; i++)
            {
                theirs[i] ^= 1;
                Assert.False(publicKey.Verify(s_data, theirs), $"byte {i}");
                theirs[i] ^= 1;
            }

            Assert.False(publicKey.Verify(s_data, [.. theirs, 0]));
        }
    }

    [Theory]
    [InlineData("-algorithm ED25519", "Ed25519")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "not supported")]
    [InlineData("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "1024 bits")]
    public async Task Refuses_OtherKeys_AndSaysWhich(string algorithm, string expected)
    {
        using var directory = new TemporaryDirectory();
        var (privateFile, publicFile) = await OpensslAsync(directory, algorithm);
        Assert.False(SignatureKey.TryRead(
            await File.ReadAllTextAsync(publicFile, TestContext.Current.CancellationToken), out _, out var problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        var pem = await File.ReadAllTextAsync(privateFile, TestContext.Current.CancellationToken);
        Assert.True(Assert.Throws<OciException>(() => SigningKey.Parse(pem)).Error is OciError.Unsupported or OciError.MalformedDocument);
    }

    [Fact]
    public async Task Reads_TheOlderSpellings_OfOpenssl()
    {
        using var directory = new TemporaryDirectory();
        await OpensslAsync("ecparam", "-name", "prime256v1", "-genkey", "-out", directory.File("ec"));
        using var ec = SigningKey.Parse(await File.ReadAllTextAsync(directory.File("ec"), TestContext.Current.CancellationToken));
        Assert.Equal(SignatureKeyKind.EcdsaP256, ec.PublicKey.Kind);

        await OpensslAsync("genrsa", "-traditional", "-out", directory.File("rsa"), "2048");
        using var rsa = SigningKey.Parse(await File.ReadAllTextAsync(directory.File("rsa"), TestContext.Current.CancellationToken));
        Assert.Equal(SignatureKeyKind.Rsa, rsa.PublicKey.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no PEM")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n")]
    public void Refuses_WhatIsNoKey(string text)
    {
        Assert.False(SignatureKey.TryRead(text, out _, out var problem));
        Assert.NotEmpty(problem);
        Assert.Throws<OciException>(() => SigningKey.Parse(text, ""));
    }

    [Fact]
    public void Refuses_TwoKeysInOneFile()
    {
        using var one = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(SignatureKey.TryRead(one.ExportSubjectPublicKeyInfoPem() + "\n" + other.ExportSubjectPublicKeyInfoPem(), out _, out _));
        Assert.Throws<OciException>(() => SigningKey.Parse(one.ExportPkcs8PrivateKeyPem() + "\n" + other.ExportPkcs8PrivateKeyPem()));
    }

    [Theory]
    [InlineData("cosign-password.key", "123")]
    [InlineData("cosign-empty-password.key", "")]
    public async Task Opens_KeysThatCosignEncrypted(string file, string password)
    {
        var pem = PublishedSignatures.ReadText(file);
        Assert.True(SigningKey.NeedsPassword(pem));
        using var key = SigningKey.Parse(pem, password);
        Assert.Equal(SignatureKeyKind.EcdsaP256, key.PublicKey.Kind);
        var signature = await key.SignAsync(s_data, TestContext.Current.CancellationToken);
        Assert.True(key.PublicKey.Verify(s_data, signature));

        Assert.Equal(OciError.Unauthorized, Assert.Throws<OciException>(() => SigningKey.Parse(pem)).Error);
        var wrong = Assert.Throws<OciException>(() => SigningKey.Parse(pem, "swordfish"));
        Assert.Equal(OciError.Unauthorized, wrong.Error);
        Assert.DoesNotContain("swordfish", wrong.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"N\":32768", "\"N\":32767")]
    [InlineData("\"N\":32768", "\"N\":1073741824")]
    [InlineData("\"r\":8", "\"r\":0")]
    [InlineData("\"p\":1", "\"p\":1000")]
    [InlineData("\"name\":\"scrypt\"", "\"name\":\"argon2id\"")]
    [InlineData("\"name\":\"nacl/secretbox\"", "\"name\":\"none\"")]
    [InlineData("\"nonce\":\"g51N", "\"nonce\":\"")]
    [InlineData("\"ciphertext\":\"oF/7", "\"ciphertext\":\"oF/8")]
    public void Refuses_AnEncryptedKey_WithOtherParameters(string from, string to)
    {
        var pem = PublishedSignatures.ReadText("cosign-password.key");
        var fields = PemEncoding.Find(pem);
        var json = Encoding.UTF8.GetString(Convert.FromBase64String(pem[fields.Base64Data]));
        Assert.Contains(from, json, StringComparison.Ordinal);
        var changed = PemEncoding.WriteString(
            "ENCRYPTED COSIGN PRIVATE KEY", Encoding.UTF8.GetBytes(json.Replace(from, to, StringComparison.Ordinal)));
        Assert.Throws<OciException>(() => SigningKey.Parse(changed, "123"));
    }

    /// <summary>RFC 7914, section 12.</summary>
    [Theory]
    [InlineData("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    public void Scrypt_GivesThePublishedKeys(string password, string salt, int n, int r, int p, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Scrypt.DeriveKey(Encoding.ASCII.GetBytes(password), Encoding.ASCII.GetBytes(salt), n, r, p, 64)));

    /// <summary>RFC 8439, section 2.5.2.</summary>
    [Fact]
    public void Poly1305_GivesThePublishedTag() => Assert.Equal(
        "a8061dc1305136c6c22b8baf0c0127a9",
        Convert.ToHexStringLower(Poly1305.Tag(
            "Cryptographic Forum Research Group"u8, Convert.FromHexString("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"))));

    /// <summary>D. J. Bernstein, "Cryptography in NaCl", section 9.</summary>
    [Fact]
    public void SecretBox_OpensThePublishedBox_AndNoOther()
    {
        var key = Convert.FromHexString("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
        var nonce = Convert.FromHexString("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
        var box = Convert.FromHexString(
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
            + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
            + "7973f622a43d14a6599b1f654cb45a74e355a5");
        Assert.True(SecretBox.TryOpen(box, nonce, key, out var opened));
        Assert.Equal(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
            + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
            + "5e0705",
            Convert.ToHexStringLower(opened));
        for (var i = 0; i < box.Length; i++)
        {
            box[i] ^= 0x80;
            Assert.False(SecretBox.TryOpen(box, nonce, key, out _), $"byte {i}");
            box[i] ^= 0x80;
        }

        Assert.False(SecretBox.TryOpen(box.AsSpan(0, 15), nonce, key, out _));
    }

    internal static async Task OpensslAsync(params string[] arguments)
    {
        var run = await ChildProgram.RunAsync("openssl", arguments);
        Assert.True(run.ExitCode == 0, $"openssl {string.Join(' ', arguments)}: {run.Output}{run.Error}");
    }

    private static async Task<(string Private, string Public)> OpensslAsync(TemporaryDirectory directory, string algorithm)
    {
        var (privateFile, publicFile) = (directory.File("key"), directory.File("key.pub"));
        await OpensslAsync(["genpkey", .. algorithm.Split(' '), "-out", privateFile]);
        await OpensslAsync("pkey", "-in", privateFile, "-pubout", "-out", publicFile);
        return (privateFile, publicFile);
    }
}
