using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>Our certificate reader against the base library's, on every certificate of the corpus and on damaged ones.</summary>
public sealed class CertificateTests
{
    public static TheoryData<string> Certificates => [.. All().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Certificates))]
    public void ReadsWhatTheBaseLibraryReads(string name)
    {
        var der = All().First(c => c.Name == name).Der;
        Assert.True(Certificate.TryParse(der, out var ours, out var error), error);
        using var theirs = X509CertificateLoader.LoadCertificate(der);

        AssertAgree(theirs, ours!);
    }

    [Fact]
    public void NeverReadsADamagedCertificateDifferently()
    {
        var random = new Random(7);
        var (accepted, refused) = (0, 0);
        foreach (var (name, der) in All())
        {
            for (var i = 0; i < 400; i++)
            {
                var damaged = (byte[])der.Clone();
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                if (i % 4 == 0)
                {
                    damaged = damaged[..random.Next(damaged.Length)];
                }

                if (!Certificate.TryParse(damaged, out var ours, out var error))
                {
                    Assert.NotEqual("", error);
                    refused++;
                    continue;
                }

                // What both accept, both read alike. The base library also decodes names and extensions that play no part in a chain
                // of Intel or AMD; no signature covers a damaged one, so refusing it there or later is the same.
                if (TryLoad(damaged) is { } theirs)
                {
                    AssertAgree(theirs, ours!);
                    theirs.Dispose();
                    accepted++;
                }
            }
        }

        Assert.True(accepted > 100 && refused > 100, $"{accepted} accepted, {refused} refused: the test is one-sided");
    }

    [Theory]
    [MemberData(nameof(Certificates))]
    public void VerifiesTheSameSignatures_AsX509Chain(string name)
    {
        var all = All();
        var der = all.First(c => c.Name == name).Der;
        Assert.True(Certificate.TryParse(der, out var certificate, out _));
        var issuers = all.Where(c => Certificate.TryParse(c.Der, out var i, out _) && i!.Subject.Span.SequenceEqual(certificate!.Issuer.Span)).ToList();
        foreach (var issuer in issuers)
        {
            Assert.True(Certificate.TryParse(issuer.Der, out var parent, out _));
            Assert.True(VerifyingKey.TryCreate(parent!, out var key));

            Assert.Equal(ChainBuilds(der, issuer.Der), key!.Verify(certificate!.Scheme, certificate.Tbs.Span, certificate.Signature.Span));
        }
    }

    [Fact]
    public void Refuses_TrailingBytes_AndOversizedInput()
    {
        var der = All()[0].Der;

        Assert.False(Certificate.TryParse([.. der, 0], out _, out _));
        Assert.False(Certificate.TryParse(new byte[Certificate.MaxSize + 1], out _, out var error));
        Assert.Contains("larger than", error, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadsRevocationLists_InEveryEncoding()
    {
        var der = CorpusCase.Get("automata-sgx-platCA-swhardening").DcapCollateral().PckCrl.ToArray();
        var pem = Encoding.ASCII.GetBytes(PemEncoding.WriteString("X509 CRL", der));
        var hex = Encoding.ASCII.GetBytes(Convert.ToHexString(der));

        foreach (var encoded in (byte[][])[der, pem, hex, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(der) + "\n")])
        {
            Assert.True(CertificateRevocationList.TryParse(encoded, out var crl, out var error), error);
            Assert.True(crl!.Count > 10);
        }

        Assert.False(CertificateRevocationList.TryParse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"u8, out _, out _));
        Assert.False(CertificateRevocationList.TryParse([], out _, out _));
    }

    [Fact]
    public void FindsExactlyTheRevokedSerials()
    {
        var item = CorpusCase.Get("automata-sgx-platCA-swhardening");
        Assert.True(CertificateRevocationList.TryParse(item.DcapCollateral().PckCrl.Span, out var crl, out _));
        var serials = RevokedSerials(item.DcapCollateral().PckCrl.ToArray());

        Assert.Equal(serials.Count, crl!.Count);
        foreach (var serial in serials)
        {
            Assert.True(crl.Revokes(serial));
            var other = (byte[])serial.Clone();
            other[^1] ^= 1;
            Assert.Equal(serials.Any(s => s.AsSpan().SequenceEqual(other)), crl.Revokes(other));
            Assert.False(crl.Revokes(serial.AsSpan(1)));
        }
    }

    private static X509Certificate2? TryLoad(byte[] der)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static List<byte[]> RevokedSerials(byte[] der)
    {
        var outer = new System.Formats.Asn1.AsnReader(der, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        var tbs = outer.ReadSequence();
        for (var i = 0; i < 5; i++)
        {
            tbs.ReadEncodedValue();
        }

        var serials = new List<byte[]>();
        var revoked = tbs.ReadSequence();
        while (revoked.HasData)
        {
            serials.Add(revoked.ReadSequence().ReadInteger().ToByteArray(isUnsigned: true, isBigEndian: true));
        }

        return serials;
    }

    private static bool ChainBuilds(byte[] der, byte[] issuer)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(der);
        using var parent = X509CertificateLoader.LoadCertificate(issuer);
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.VerificationTime = certificate.NotBefore.AddDays(1);
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.CustomTrustStore.Add(parent);
        chain.ChainPolicy.ExtraStore.Add(parent);
        chain.Build(certificate);
        return chain.ChainStatus.All(s => !s.Status.HasFlag(X509ChainStatusFlags.NotSignatureValid))
            && chain.ChainElements.Count == (der.AsSpan().SequenceEqual(issuer) ? 1 : 2);
    }

    private static void AssertAgree(X509Certificate2 theirs, Certificate ours)
    {
        Assert.Equal(theirs.SerialNumberBytes.TrimStart((byte)0).ToArray(), ours.SerialNumber.ToArray());
        Assert.Equal(theirs.SubjectName.RawData, ours.Subject.ToArray());
        Assert.Equal(theirs.IssuerName.RawData, ours.Issuer.ToArray());
        Assert.Equal(theirs.NotBefore.ToUniversalTime(), ours.NotBefore.UtcDateTime);
        Assert.Equal(theirs.NotAfter.ToUniversalTime(), ours.NotAfter.UtcDateTime);
        Assert.Equal(theirs.PublicKey.EncodedKeyValue.RawData, ours.PublicKey.ToArray());
        var constraints = theirs.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault();
        Assert.Equal(constraints?.CertificateAuthority ?? false, ours.IsCa);
    }

    private static List<(string Name, byte[] Der)> All()
    {
        var found = new Dictionary<string, byte[]>();
        void Add(byte[] der) => found.TryAdd(Convert.ToHexStringLower(SHA256.HashData(der).AsSpan(0, 6)), der);
        foreach (var item in CorpusCase.OfKind("sgx-quote", "tdx-quote"))
        {
            Quote.TryRead(item.Quote, out var quote, out _);
            foreach (var pem in (byte[][])[quote.CertificationData.ToArray(), item.DcapCollateral().TcbInfo.IssuerChainPem.ToArray()])
            {
                foreach (var der in Pem(pem))
                {
                    Add(der);
                }
            }
        }

        foreach (var item in CorpusCase.OfKind("snp-report"))
        {
            var endorsements = item.SnpEndorsements();
            Add(endorsements.Vek.ToArray());
            Pem(endorsements.Ask.ToArray()).ForEach(Add);
            Pem(endorsements.Ark.ToArray()).ForEach(Add);
        }

        return [.. found.Select(f => (f.Key, f.Value))];
    }

    private static List<byte[]> Pem(byte[] text)
    {
        var collection = new X509Certificate2Collection();
        collection.ImportFromPem(Encoding.ASCII.GetString(text));
        var list = collection.Select(c => c.RawData).ToList();
        foreach (var certificate in collection)
        {
            certificate.Dispose();
        }

        return list;
    }
}
