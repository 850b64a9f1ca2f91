using Casemate.Oci.Signatures;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>Time stamps that openssl makes.</summary>
public sealed class TimestampTests
{
    private static readonly byte[] s_signature = "a signature"u8.ToArray();

    private const string Configuration = """
        [req]
        distinguished_name = dn
        [dn]
        [ca]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign
        [tsa]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = critical, timeStamping
        [code]
        basicConstraints = critical, CA:FALSE
        extendedKeyUsage = critical, codeSigning
        [stamps]
        serial = SERIAL
        signer_digest = sha256
        default_policy = 1.2.3.4
        digests = sha256, sha384
        ess_cert_id_alg = sha256
        """;

    [Theory]
    [InlineData("P-256", "-sha256", true)]
    [InlineData("P-384", "-sha384", false)]
    public async Task IsAccepted_OverTheSignature_UnderItsAuthority(string curve, string hash, bool certificateInside)
    {
        using var directory = new TemporaryDirectory();
        var authority = await AuthorityAsync(directory, curve);
        var stamp = await StampAsync(directory, hash, certificateInside);

        Assert.True(TimestampToken.TryRead(stamp, out var token));
        Assert.True(token.Verify(s_signature, [authority]));
        Assert.False(token.Verify("another signature"u8, [authority]));
        Assert.False(token.Verify(s_signature, []));
        Assert.False(token.Verify(s_signature, [authority with { ValidTo = token.Time.AddSeconds(-1) }]));
        Assert.False(token.Verify(s_signature, [authority with { ValidFrom = token.Time.AddSeconds(1) }]));

        // The certificate of the authority may come with the stamp; its root may not.
        Assert.Equal(certificateInside, token.Verify(s_signature, [authority with { Certificates = [authority.Certificates[0]] }]));
        Assert.False(token.Verify(s_signature, [authority with { Certificates = [authority.Certificates[1]] }]));
    }

    [Fact]
    public async Task IsRefused_OfAnotherAuthority_AndOfACertificateForSomethingElse()
    {
        using var directory = new TemporaryDirectory();
        using var elsewhere = new TemporaryDirectory();
        _ = await AuthorityAsync(directory, "P-256");
        var other = await AuthorityAsync(elsewhere, "P-256");
        Assert.True(TimestampToken.TryRead(await StampAsync(directory, "-sha256", true), out var token));
        Assert.False(token.Verify(s_signature, [other]));
    }

    /// <summary>Bytes that nobody signs, such as version numbers, may change; then time and content must stay what they were.</summary>
    [Fact]
    public async Task AnyChangedByte_RefusesIt_OrChangesNothing()
    {
        using var directory = new TemporaryDirectory();
        var authority = await AuthorityAsync(directory, "P-256");
        var stamp = await StampAsync(directory, "-sha256", certificateInside: false);
        Assert.True(TimestampToken.TryRead(stamp, out var original));
        var refused = 0;
        for (var i = 0; i < stamp.Length; i++)
        {
            var changed = (byte[])stamp.Clone();
            changed[i] ^= 1;
            if (!TimestampToken.TryRead(changed, out var token) || !token.Verify(s_signature, [authority]))
            {
                refused++;
                continue;
            }

            Assert.Equal(original.Time, token.Time);
            Assert.False(token.Verify("another signature"u8, [authority]));
        }

        // TSTInfo, signed attributes and signature are most of it.
        Assert.True(refused > stamp.Length / 2, $"{refused} of {stamp.Length}");
        Assert.False(TimestampToken.TryRead([.. stamp, 0], out _));
        Assert.False(TimestampToken.TryRead(stamp.AsSpan(0, stamp.Length - 1), out _));
        Assert.False(TimestampToken.TryRead([], out _));
    }

    /// <summary>Made by sigstore's own authority, with the bundle that the tests of bundles use.</summary>
    [Fact]
    public void ThePublishedStamp_IsRead()
    {
        Assert.True(SigstoreBundle.TryRead(PublishedSignatures.Bundle, out var bundle, out _));
        Assert.True(TimestampToken.TryRead(Assert.Single(bundle.Timestamps).Span, out var token));
        Assert.Equal(new DateTimeOffset(2026, 4, 9, 7, 23, 29, TimeSpan.Zero), token.Time);
        Assert.False(token.Verify(bundle.Signature.Span, []));
    }

    private static async Task<TrustedAuthority> AuthorityAsync(TemporaryDirectory directory, string curve)
    {
        var configuration = directory.File("openssl.cnf");
        await File.WriteAllTextAsync(
            configuration, Configuration.Replace("SERIAL", directory.File("serial"), StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(directory.File("serial"), "01\n", TestContext.Current.CancellationToken);
        foreach (var name in (string[])["ca", "tsa"])
        {
            await KeyTests.OpensslAsync(
                "genpkey", "-algorithm", "EC", "-pkeyopt", $"ec_paramgen_curve:{curve}", "-out", directory.File($"{name}.key"));
        }

        await KeyTests.OpensslAsync(
            "req", "-x509", "-new", "-config", configuration, "-extensions", "ca", "-key", directory.File("ca.key"), "-subj", "/CN=time root",
            "-days", "2", "-out", directory.File("ca.pem"));
        await KeyTests.OpensslAsync(
            "req", "-new", "-config", configuration, "-key", directory.File("tsa.key"), "-subj", "/CN=time", "-out", directory.File("tsa.csr"));
        await KeyTests.OpensslAsync(
            "x509", "-req", "-in", directory.File("tsa.csr"), "-CA", directory.File("ca.pem"), "-CAkey", directory.File("ca.key"), "-set_serial", "7",
            "-days", "2", "-extfile", configuration, "-extensions", "tsa", "-out", directory.File("tsa.pem"));
        return new TrustedAuthority([Der(directory.File("ca.pem")), Der(directory.File("tsa.pem"))], null, null);
    }

    private static async Task<byte[]> StampAsync(TemporaryDirectory directory, string hash, bool certificateInside)
    {
        await File.WriteAllBytesAsync(directory.File("signature"), s_signature, TestContext.Current.CancellationToken);
        await KeyTests.OpensslAsync(
            ["ts", "-query", "-data", directory.File("signature"), hash, .. certificateInside ? (string[])["-cert"] : [], "-out", directory.File("query")]);
        await KeyTests.OpensslAsync(
            "ts", "-reply", "-config", directory.File("openssl.cnf"), "-section", "stamps", "-queryfile", directory.File("query"), "-signer",
            directory.File("tsa.pem"), "-inkey", directory.File("tsa.key"), "-out", directory.File("stamp"));
        return await File.ReadAllBytesAsync(directory.File("stamp"), TestContext.Current.CancellationToken);
    }

    private static ReadOnlyMemory<byte> Der(string path)
    {
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(path);
        return certificate.RawData;
    }
}
