using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Primitives.Cose;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Cose;

/// <summary>Endorsements of guest images: what is accepted, and each check failing alone.</summary>
public sealed class GuestImageVerifierTests
{
    [Theory]
    [InlineData(CoseAlgorithm.Es256)]
    [InlineData(CoseAlgorithm.Es384)]
    [InlineData(CoseAlgorithm.Ps256)]
    [InlineData(CoseAlgorithm.Ps384)]
    [InlineData(CoseAlgorithm.Rs256)]
    public void Accepts_TrustedPublisher_UnderEachAlgorithm(int algorithm)
    {
        var verdict = Verify(new ImagePublisher { Algorithm = algorithm });

        Assert.Empty(verdict.Reasons);
        var endorsement = Assert.IsType<GuestImageEndorsement>(verdict.Endorsement);
        Assert.Equal(ImagePublisher.Measurement, endorsement.LaunchMeasurement);
        Assert.Equal(7, endorsement.Svn);
        Assert.Equal(ImagePublisher.Feed, endorsement.Feed);
        Assert.Null(endorsement.SigningTime);
        Assert.Equal(Simulated.Noon.AddMonths(6), endorsement.CertificatesExpire);
    }

    [Fact]
    public void Accepts_GuestOfTheEndorsedImage_AndNoOther()
    {
        var publisher = new ImagePublisher
        {
            Payload = ImagePublisher.PayloadOf(Convert.ToHexStringLower(Simulated.Guest.Measurement), "\"7\""),
        };
        var policy = Verify(publisher).Endorsement!.AcceptIn(new EvidencePolicy { AcceptUnboundEvidence = true });
        Verdict Judge(Simulator.SimulatedGuest guest) => SnpReportVerifier.Verify(
            Simulated.Milan.Report(guest, new byte[64]), Simulated.Milan.Endorsements(Simulated.Noon), Simulated.Roots, Simulated.Noon,
            policy);

        Assert.True(Judge(Simulated.Guest).Accepted);
        Assert.Equal([CheckId.Identity], Judge(Simulated.Guest with { Measurement = new byte[48] }).Reasons.Select(c => c.Id));
    }

    [Fact]
    public void Accepts_ThumbprintOfTheSigner()
    {
        var leaf = Array.Empty<byte>();
        Action<List<(byte[] Key, byte[] Value)>> With(int algorithm, Func<byte[], byte[]> hash) =>
            h => h.Add((CborBytes.Int(34), CborBytes.Array(CborBytes.Int(algorithm), CborBytes.Bytes(hash(leaf)))));
        Func<byte[][], byte[][]> remember = chain =>
        {
            leaf = chain[0];
            return chain;
        };

        Assert.True(Verify(new ImagePublisher { Chain = remember, Headers = With(-16, SHA256.HashData) }).Accepted);
        Assert.True(Verify(new ImagePublisher { Chain = remember, Headers = With(-43, SHA384.HashData) }).Accepted);
        Assert.True(Verify(new ImagePublisher { Chain = remember, Headers = With(-44, SHA512.HashData) }).Accepted);
        AssertRefused(CheckId.EndorsementChain, Verify(new ImagePublisher { Chain = remember, Headers = With(-43, SHA256.HashData) }));
        AssertRefused(CheckId.EndorsementChain, Verify(new ImagePublisher { Chain = remember, Headers = With(-16, _ => new byte[32]) }));
        AssertRefused(CheckId.EndorsementChain, Verify(new ImagePublisher { Chain = remember, Headers = With(-15, SHA256.HashData) }));
    }

    [Fact]
    public void Accepts_IssuerAndFeed_AsClaims_AndRefusesContradictions()
    {
        // What the claims say of the issuer: the same as the parameter 'iss', another one, or nothing.
        GuestImageVerdict With(Func<byte[], byte[]?> issuer, string? feed, bool keepsTexts) => Verify(new ImagePublisher
        {
            Headers = headers =>
            {
                var named = headers[^2].Value;
                if (!keepsTexts)
                {
                    headers.RemoveRange(headers.Count - 2, 2);
                }

                var claims = new List<(byte[] Key, byte[] Value)>();
                if (issuer(named) is { } claimed)
                {
                    claims.Add((CborBytes.Int(1), claimed));
                }

                if (feed is not null)
                {
                    claims.Add((CborBytes.Int(2), CborBytes.Text(feed)));
                }

                claims.Add((CborBytes.Int(6), CborBytes.Int(1_700_000_000)));
                headers.Add((CborBytes.Int(15), CborBytes.Map([.. claims])));
            },
        });

        Assert.True(With(named => named, ImagePublisher.Feed, keepsTexts: false).Accepted);
        Assert.True(With(named => named, ImagePublisher.Feed, keepsTexts: true).Accepted);
        Assert.True(With(_ => null, null, keepsTexts: true).Accepted);
        AssertRefused(CheckId.EndorsementFormat, With(named => named, "other", keepsTexts: true));
        AssertRefused(CheckId.EndorsementFormat, With(_ => CborBytes.Text("did:x509:0:other"), ImagePublisher.Feed, keepsTexts: true));
        AssertRefused(CheckId.EndorsementFormat, With(_ => null, ImagePublisher.Feed, keepsTexts: false));
        AssertRefused(CheckId.EndorsementFormat, With(named => named, null, keepsTexts: false));
        AssertRefused(CheckId.EndorsementFormat, With(named => named, "", keepsTexts: false));
        AssertRefused(CheckId.EndorsementFormat, With(_ => CborBytes.Int(7), ImagePublisher.Feed, keepsTexts: false));
    }

    [Fact]
    public void Refuses_EveryPublisher_ByDefault()
    {
        var verdict = GuestImageVerifier.Verify(new ImagePublisher().Endorse().Message, Simulated.Noon, new GuestImagePolicy());

        AssertRefused(CheckId.EndorsementTrust, verdict);
        Assert.Null(verdict.Endorsement);
    }

    [Fact]
    public void Refuses_AnotherFeed_OfATrustedPublisher()
    {
        var (message, did) = new ImagePublisher().Endorse();

        AssertRefused(
            CheckId.EndorsementTrust,
            GuestImageVerifier.Verify(
                message, Simulated.Noon, new GuestImagePolicy { Signers = [new(did, "Images", 0), new(did, "", 0)] }));
    }

    [Fact]
    public void Refuses_OldImages_ByTheStricterOfTwoRules()
    {
        var (message, did) = new ImagePublisher().Endorse();
        GuestImageVerdict With(params long[] minima) => GuestImageVerifier.Verify(
            message, Simulated.Noon,
            new GuestImagePolicy { Signers = [.. minima.Select(m => new TrustedImageSigner(did, ImagePublisher.Feed, m))] });

        Assert.True(With(7).Accepted);
        AssertRefused(CheckId.EndorsementSvn, With(8));
        AssertRefused(CheckId.EndorsementSvn, With(8, 0));
    }

    [Fact]
    public void Refuses_SignersThatDoNotFitTheIdentifier()
    {
        AssertRefused(CheckId.EndorsementIssuer, Verify(new ImagePublisher { Predicates = "::eku:1.3.6.1.4.1.311.76.59.1.3" }));
        AssertRefused(
            CheckId.EndorsementIssuer,
            Verify(new ImagePublisher { Did = "did:x509:0:sha256:" + new string('A', 43) + "::eku:" + ImagePublisher.Purpose }));

        // The signer's own certificate would make an identifier that nobody vouches for.
        var leaf = new ImagePublisher();
        var did = leaf.DidOf(leaf.Certificates()[0]);
        AssertRefused(CheckId.EndorsementIssuer, Verify(new ImagePublisher { Did = did }));
    }

    [Fact]
    public void Refuses_ChangedMessages()
    {
        var (message, did) = new ImagePublisher().Endorse();
        Assert.True(CoseSign1.TryRead(message, out var parsed, out _));
        GuestImageVerdict Flipped(int at)
        {
            var changed = (byte[])message.Clone();
            changed[at] ^= 1;
            return GuestImageVerifier.Verify(changed, Simulated.Noon, PolicyOf(did));
        }

        AssertRefused(CheckId.EndorsementSignature, Flipped(message.Length - 1));
        AssertRefused(CheckId.EndorsementSignature, Flipped(message.AsSpan().IndexOf("guestsvn\":\"7"u8) + 11));
    }

    [Fact]
    public void Refuses_AlgorithmOfAnotherKindOfKey()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        (int, AsymmetricAlgorithm)[] pairs =
        [
            (CoseAlgorithm.Es256, p384), (CoseAlgorithm.Es384, p256), (CoseAlgorithm.Es256, rsa), (CoseAlgorithm.Ps256, p256),
            (CoseAlgorithm.Rs256, p384), (-8, p256), (-39, rsa), (-65535, rsa), (0, p256),
        ];
        foreach (var (algorithm, key) in pairs)
        {
            AssertRefused(CheckId.EndorsementSignature, Verify(new ImagePublisher { Algorithm = algorithm, Key = key }));
        }
    }

    [Fact]
    public void Refuses_PaddingThatTheHeaderDoesNotName()
    {
        // Signed under one name, and the header says another.
        var (message, did) = new ImagePublisher { Algorithm = CoseAlgorithm.Ps256 }.Endorse();
        foreach (var other in (int[])[CoseAlgorithm.Rs256, CoseAlgorithm.Ps384])
        {
            var swapped = new ImagePublisher { Algorithm = CoseAlgorithm.Ps256, Headers = h => h[0] = (h[0].Key, CborBytes.Int(other)) };
            AssertRefused(CheckId.EndorsementSignature, Verify(swapped));
        }

        Assert.True(GuestImageVerifier.Verify(message, Simulated.Noon, PolicyOf(did)).Accepted);
    }

    [Fact]
    public void Refuses_ChainsThatAreNotWhole()
    {
        AssertRefusedChain("2 to 8 are expected", new ImagePublisher { Chain = c => [c[0]] });
        AssertRefusedChain("is a CA", new ImagePublisher { Chain = c => [c[1], c[0]] });
        AssertRefusedChain("certificate 1", new ImagePublisher { Chain = c => [[0x30, 0], c[1]] });
        AssertRefusedChain("signature of certificate 1 does not verify", new ImagePublisher { Chain = c => [Flip(c[0], ^1), c[1]] });
        AssertRefusedChain("may not issue", new ImagePublisher { Chain = c => [c[0], c[0]] });
    }

    [Fact]
    public void Refuses_CertificatesThatMayNotDoWhatTheyDo()
    {
        using var small = RSA.Create(1024);
        AssertRefusedChain("is a CA", new ImagePublisher
        {
            LeafExtensions = r => r.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true)),
        });
        AssertRefusedChain("not for signatures", new ImagePublisher
        {
            LeafExtensions = r => r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, true)),
        });
        AssertRefusedChain("certificate 2 may not issue", new ImagePublisher
        {
            CaExtensions = r => r.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true)),
        });
        AssertRefusedChain("certificate 2 may not issue", new ImagePublisher
        {
            CaExtensions = r =>
            {
                r.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
                r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
            },
        });
        AssertRefusedChain("critical extension", new ImagePublisher
        {
            LeafExtensions = r => r.CertificateExtensions.Add(new X509Extension("2.5.29.30", [0x30, 0x00], critical: true)),
        });
        AssertRefusedChain("no key of a supported kind and size", new ImagePublisher { Algorithm = CoseAlgorithm.Ps256, Key = small });
    }

    [Fact]
    public void Judges_CertificatesAtTheGivenTime()
    {
        var (message, did) = new ImagePublisher().Endorse();
        var (start, end) = (Simulated.Noon.AddMonths(-6), Simulated.Noon.AddMonths(6));
        GuestImageVerdict At(DateTimeOffset now) => GuestImageVerifier.Verify(message, now, PolicyOf(did));

        Assert.True(At(start).Accepted);
        Assert.True(At(end).Accepted);
        AssertRefused(CheckId.EndorsementChainValidity, At(start.AddSeconds(-1)));
        AssertRefused(CheckId.EndorsementChainValidity, At(end.AddSeconds(1)));
    }

    [Fact]
    public void Believes_TheSignersTime_OnlyWhenThePolicySaysSo()
    {
        var later = Simulated.Noon.AddYears(1);
        GuestImageVerdict Signed(DateTimeOffset? time, bool trust = true)
        {
            var (message, did) = new ImagePublisher { SigningTime = time }.Endorse();
            return GuestImageVerifier.Verify(message, later, PolicyOf(did) with { TrustClaimedSigningTime = trust });
        }

        var accepted = Signed(Simulated.Noon);
        Assert.True(accepted.Accepted);
        Assert.Equal(Simulated.Noon, accepted.Endorsement!.SigningTime);
        Assert.Single(accepted.Checks, c => c.Id is CheckId.EndorsementChainValidity && c.Outcome is CheckOutcome.Warned);
        AssertRefused(CheckId.EndorsementChainValidity, Signed(Simulated.Noon, trust: false));
        AssertRefused(CheckId.EndorsementChainValidity, Signed(null));
        AssertRefused(CheckId.EndorsementChainValidity, Signed(Simulated.Noon.AddMonths(-7)));
        AssertRefused(CheckId.EndorsementChainValidity, Signed(later.AddSeconds(1)));
    }

    [Fact]
    public void Refuses_HeadersThatAreNotWhole()
    {
        AssertMalformed("content type", new ImagePublisher { Headers = h => h.RemoveAt(1) });
        AssertMalformed("content type", new ImagePublisher { Headers = h => h[1] = (h[1].Key, CborBytes.Text("application/cbor")) });
        AssertMalformed("x5chain", new ImagePublisher { Headers = h => h.RemoveAt(2) });
        AssertMalformed("'iss'", new ImagePublisher { Headers = h => h.RemoveAt(3) });
        AssertMalformed("'iss'", new ImagePublisher { Headers = h => h[3] = (h[3].Key, CborBytes.Int(1)) });
        AssertMalformed("iss: not a did:x509", new ImagePublisher { Did = "did:web:example.org" });
        AssertMalformed("'feed'", new ImagePublisher { Headers = h => h.RemoveAt(4) });
        AssertMalformed("'feed'", new ImagePublisher { Headers = h => h[4] = (h[4].Key, CborBytes.Text("")) });
    }

    [Theory]
    [InlineData("[]", "launchmeasurement")]
    [InlineData("{}", "launchmeasurement")]
    [InlineData("{\"a\":1,\"a\":2}", "payload: ")]
    [InlineData("not json", "payload: ")]
    public void Refuses_PayloadsOfAnotherForm(string payload, string why) => AssertMalformed(why, new ImagePublisher { Payload = payload });

    [Fact]
    public void Refuses_PayloadsWithMalformedMembers()
    {
        var measurement = Convert.ToHexString(ImagePublisher.Measurement);
        AssertMalformed("launchmeasurement", new ImagePublisher { Payload = ImagePublisher.PayloadOf(measurement[2..], "\"7\"") });
        AssertMalformed("launchmeasurement", new ImagePublisher { Payload = ImagePublisher.PayloadOf(measurement + "00", "\"7\"") });
        foreach (var svn in (string[])["7", "\"\"", "\"-1\"", "\" 7\"", "\"7a\"", "\"9999999999999999999\"", "null"])
        {
            AssertMalformed("guestsvn", new ImagePublisher { Payload = ImagePublisher.PayloadOf(measurement, svn) });
        }

        ImagePublisher WithNumber(string number) => new()
        {
            Payload = ImagePublisher.PayloadOf(measurement, "\"7\"", $",\"x-ms-sevsnpvm-guestsvn-int\":{number}"),
        };
        Assert.True(Verify(WithNumber("7")).Accepted);
        AssertMalformed("guestsvn-int", WithNumber("8"));
        AssertMalformed("guestsvn-int", WithNumber("\"7\""));
    }

    [Fact]
    public void Shows_OnlyPlainCharacters_OfTheFeed()
    {
        var verdict = Verify(new ImagePublisher { Headers = h => h[4] = (h[4].Key, CborBytes.Text("im\u001b[31mäges")) });

        Assert.Contains("'im?[31m?ges'", verdict.Reasons.Single().Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_TheVerdict_AsJson()
    {
        var json = Write(Verify(new ImagePublisher { SigningTime = Simulated.Noon }));
        Assert.StartsWith("""
            {"apiVersion":"casemate/v1","verdict":"accepted","policy":"shop","at":"2026-11-18T12:34:56Z","endorsement":{"issuer":"did:x509:
            """, json, StringComparison.Ordinal);
        Assert.Contains("\"feed\":\"images\",\"svn\":7,\"launchMeasurement\":\"1011", json, StringComparison.Ordinal);
        Assert.Contains("""
            "signingTime":"2026-11-18T12:34:56Z","certificatesExpire":"2027-05-18T12:34:56Z"},"checks":[{"name":"EndorsementFormat"
            """, json, StringComparison.Ordinal);

        var rejected = Write(GuestImageVerifier.Verify([], Simulated.Noon, new GuestImagePolicy()));
        Assert.Contains("\"verdict\":\"rejected\"", rejected, StringComparison.Ordinal);
        Assert.Contains("\"endorsement\":null", rejected, StringComparison.Ordinal);
    }

    private static string Write(GuestImageVerdict verdict)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            VerdictJson.Write(json, verdict, new VerdictJsonOptions { At = Simulated.Noon, Policy = "shop" });
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static byte[] Flip(byte[] bytes, Index at)
    {
        var changed = (byte[])bytes.Clone();
        changed[at] ^= 1;
        return changed;
    }

    private static GuestImagePolicy PolicyOf(string did) => new() { Signers = [new TrustedImageSigner(did, ImagePublisher.Feed, 1)] };

    private static GuestImageVerdict Verify(ImagePublisher publisher)
    {
        var (message, did) = publisher.Endorse();
        return GuestImageVerifier.Verify(message, Simulated.Noon, PolicyOf(did));
    }

    private static void AssertRefused(CheckId reason, GuestImageVerdict verdict)
    {
        Assert.False(verdict.Accepted);
        Assert.Null(verdict.Endorsement);
        Assert.Equal([reason], verdict.Reasons.Select(c => c.Id));
    }

    private static void AssertMalformed(string why, ImagePublisher publisher) =>
        AssertRefusedWith(CheckId.EndorsementFormat, why, publisher);

    private static void AssertRefusedChain(string why, ImagePublisher publisher) =>
        AssertRefusedWith(CheckId.EndorsementChain, why, publisher);

    private static void AssertRefusedWith(CheckId reason, string why, ImagePublisher publisher)
    {
        var verdict = Verify(publisher);
        AssertRefused(reason, verdict);
        Assert.Contains(why, verdict.Reasons.Single().Actual, StringComparison.Ordinal);
    }
}
