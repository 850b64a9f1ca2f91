using System.Text.Json.Nodes;
using Casemate.Oci.Signatures;

namespace Casemate.Oci.Tests.Signatures;

/// <summary>A signature of a public image, made by the release workflow of another project with cosign.</summary>
public sealed class PublishedBundleTests
{
    [Fact]
    public void IsAccepted_WithEveryCheckOfThePublicInstance()
    {
        var verdict = PublishedSignatures.Verify(PublishedSignatures.Bundle);

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.Equal(PublishedSignatures.Identity, verdict.Identity);
        Assert.Equal(PublishedSignatures.Issuer, verdict.Issuer);
        Assert.Equal(new DateTimeOffset(2026, 4, 9, 7, 23, 29, TimeSpan.Zero), verdict.SignedAt);
        Assert.Equal(
            [
                SignatureCheckId.Format, SignatureCheckId.Digest, SignatureCheckId.PredicateType, SignatureCheckId.Signature, SignatureCheckId.LogEntry,
                SignatureCheckId.InclusionProof, SignatureCheckId.Checkpoint, SignatureCheckId.SignedEntryTimestamp, SignatureCheckId.SigningTime,
                SignatureCheckId.CertificateChain, SignatureCheckId.CertificateLog, SignatureCheckId.CertificateIdentity, SignatureCheckId.CertificateIssuer,
            ],
            verdict.Checks.Where(check => check.Outcome is SignatureCheckOutcome.Passed).Select(check => check.Id));
    }

    [Fact]
    public void IsRefused_ForAnotherImage() =>
        Assert.Equal(
            [SignatureCheckId.Digest], Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, image: Digest.Of("another"u8))));

    [Theory]
    [InlineData("https://github.com/kubewarden/kubewarden-controller/.github/workflows/release.yml@refs/tags/v1.34")]
    [InlineData("HTTPS://github.com/kubewarden/kubewarden-controller/.github/workflows/release.yml@refs/tags/v1.34.0")]
    [InlineData("")]
    public void IsRefused_ForAnotherIdentity(string identity)
    {
        var policy = SignaturePolicy.ForIdentity(
            PublishedSignatures.Root, TextPattern.Exactly(identity), TextPattern.Exactly(PublishedSignatures.Issuer));
        Assert.Equal([SignatureCheckId.CertificateIdentity], Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, policy)));
    }

    [Fact]
    public void IsRefused_ForAnotherIssuer()
    {
        var policy = SignaturePolicy.ForIdentity(
            PublishedSignatures.Root, TextPattern.Exactly(PublishedSignatures.Identity), TextPattern.Exactly("https://accounts.example"));
        Assert.Equal([SignatureCheckId.CertificateIssuer], Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, policy)));
    }

    [Theory]
    [InlineData(@"https://github\.com/kubewarden/.*", true)]
    [InlineData(@"https://github\.com/kubewarden", false)]
    [InlineData(@"kubewarden", false)]
    public void MatchesAPattern_AsAWhole(string pattern, bool accepted)
    {
        var policy = SignaturePolicy.ForIdentity(
            PublishedSignatures.Root, TextPattern.Matching(pattern), TextPattern.Matching(@"https://token\.actions\.githubusercontent\.com"));
        Assert.Equal(accepted, PublishedSignatures.Verify(PublishedSignatures.Bundle, policy).Accepted);
    }

    [Fact]
    public void IsRefused_UnderAnotherPredicate()
    {
        var policy = PublishedSignatures.Policy with { PredicateType = "https://slsa.dev/provenance/v1" };
        Assert.Equal([SignatureCheckId.PredicateType], Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, policy)));
    }

    /// <summary>Which check refuses depends on the byte; that one refuses is what counts.</summary>
    [Theory]
    [InlineData("verificationMaterial/certificate/rawBytes", 16)]
    [InlineData("verificationMaterial/tlogEntries/0/logId/keyId", 1)]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp", 1)]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/rootHash", 1)]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/hashes/0", 1)]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/hashes/17", 1)]
    [InlineData("verificationMaterial/tlogEntries/0/canonicalizedBody", 32)]
    [InlineData("dsseEnvelope/payload", 1)]
    [InlineData("dsseEnvelope/signatures/0/sig", 1)]
    public void IsRefused_WithAnyByteChanged(string path, int step)
    {
        var original = Convert.FromBase64String(Find(JsonNode.Parse(PublishedSignatures.Bundle)!, path).GetValue<string>());
        for (var i = 0; i < original.Length; i += step)
        {
            var changed = (byte[])original.Clone();
            changed[i] ^= (byte)(1 << (i % 8));
            var bundle = PublishedSignatures.With(json => Find(json, path).ReplaceWith(Convert.ToBase64String(changed)));
            Assert.False(PublishedSignatures.Verify(bundle).Accepted, $"byte {i} of {path}");
        }
    }

    [Theory]
    [InlineData("verificationMaterial/tlogEntries/0/logIndex", "1261105808")]
    [InlineData("verificationMaterial/tlogEntries/0/integratedTime", "1775719410")]
    [InlineData("verificationMaterial/tlogEntries/0/integratedTime", "0")]
    [InlineData("verificationMaterial/tlogEntries/0/kindVersion/kind", "hashedrekord")]
    [InlineData("verificationMaterial/tlogEntries/0/kindVersion/kind", "intoto")]
    [InlineData("verificationMaterial/tlogEntries/0/kindVersion/version", "0.0.2")]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/logIndex", "1139201546")]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/treeSize", "1139201558")]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/treeSize", "0")]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/treeSize", "9223372036854775807")]
    [InlineData("dsseEnvelope/payloadType", "application/json")]
    [InlineData("mediaType", "application/vnd.dev.sigstore.bundle.v0.4+json")]
    public void IsRefused_WithAnotherValue(string path, string value)
    {
        var bundle = PublishedSignatures.With(json => Find(json, path).ReplaceWith(value));
        Assert.False(PublishedSignatures.Verify(bundle).Accepted);
    }

    [Theory]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof")]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/checkpoint")]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionProof/hashes/3")]
    [InlineData("verificationMaterial/tlogEntries/0/inclusionPromise")]
    [InlineData("verificationMaterial/tlogEntries/0")]
    [InlineData("verificationMaterial/tlogEntries")]
    [InlineData("verificationMaterial/certificate")]
    [InlineData("dsseEnvelope")]
    [InlineData("dsseEnvelope/signatures/0")]
    [InlineData("mediaType")]
    public void IsRefused_WithAPartMissing(string path)
    {
        var bundle = PublishedSignatures.With(json =>
        {
            var node = Find(json, path);
            if (node.Parent is JsonArray array)
            {
                array.Remove(node);
            }
            else
            {
                ((JsonObject)node.Parent!).Remove(path[(path.LastIndexOf('/') + 1)..]);
            }
        });
        Assert.False(PublishedSignatures.Verify(bundle).Accepted);
    }

    [Fact]
    public void IsRefused_WithAnyCharacterOfTheCheckpointChanged()
    {
        const string Path = "verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope";
        var note = Find(JsonNode.Parse(PublishedSignatures.Bundle)!, Path).GetValue<string>();

        // The name before a signature is for people: the key's id and the signature that follow say whose it is.
        var name = note.IndexOf("— ", StringComparison.Ordinal) + 2;
        var end = note.IndexOf(' ', name);
        for (var i = 0; i < note.Length; i++)
        {
            if (i >= name && i < end)
            {
                continue;
            }

            var changed = note[..i] + (char)(note[i] ^ 1) + note[(i + 1)..];
            var bundle = PublishedSignatures.With(json => Find(json, Path).ReplaceWith(changed));
            Assert.False(PublishedSignatures.Verify(bundle).Accepted, $"character {i} of the checkpoint");
        }
    }

    [Theory]
    [InlineData("tlogs", SignatureCheckId.LogEntry)]
    [InlineData("ctlogs", SignatureCheckId.CertificateLog)]
    public void IsRefused_WhenALogHasAnotherKey(string logs, SignatureCheckId expected)
    {
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var key = Convert.ToBase64String(other.ExportSubjectPublicKeyInfo());
        var root = Root(json => json[logs]![0]!["publicKey"]!["rawBytes"] = key);
        var reasons = Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, Under(root)));
        Assert.NotEmpty(reasons);
        Assert.All(reasons, id => Assert.True(
            expected is SignatureCheckId.CertificateLog ? id == expected
            : id is SignatureCheckId.Checkpoint or SignatureCheckId.SignedEntryTimestamp or SignatureCheckId.SigningTime or SignatureCheckId.CertificateChain));
    }

    [Theory]
    [InlineData("tlogs", "2026-04-10T00:00:00Z", null, SignatureCheckId.SignedEntryTimestamp)]
    [InlineData("tlogs", null, "2026-04-08T00:00:00Z", SignatureCheckId.SignedEntryTimestamp)]
    [InlineData("ctlogs", null, "2026-04-08T00:00:00Z", SignatureCheckId.CertificateLog)]
    public void IsRefused_WhenALogWasNotTrustedThen(string logs, string? start, string? end, SignatureCheckId expected)
    {
        var validity = new JsonObject();
        if (start is not null)
        {
            validity["start"] = start;
        }

        if (end is not null)
        {
            validity["end"] = end;
        }

        var root = Root(json => json[logs]![0]!["publicKey"]!["validFor"] = validity);
        Assert.Contains(expected, Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, Under(root))));
    }

    [Fact]
    public void IsRefused_WhenTheAuthorityWasNotTrustedThen()
    {
        var root = Root(json => json["certificateAuthorities"]![0]!["validFor"] = new JsonObject { ["end"] = "2026-04-08T00:00:00Z" });
        Assert.Equal([SignatureCheckId.CertificateChain], Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, Under(root))));
    }

    [Fact]
    public void IsRefused_WithoutTheRootOfTheAuthority()
    {
        var root = Root(json => ((JsonArray)json["certificateAuthorities"]![0]!["certChain"]!["certificates"]!).RemoveAt(0));
        Assert.Equal([SignatureCheckId.CertificateChain], Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, Under(root))));
    }

    [Fact]
    public void IsUnsupported_WhenTheLogHasAKeyOfAnUnknownKind()
    {
        // A key of the kind Ed25519: its bytes do not matter here.
        var root = Root(json => json["tlogs"]![0]!["publicKey"]!["rawBytes"] = "MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        var verdict = PublishedSignatures.Verify(PublishedSignatures.Bundle, Under(root));
        Assert.False(verdict.Accepted);
        var check = Assert.Single(verdict.Checks, check => check.Id is SignatureCheckId.LogEntry);
        Assert.Equal(SignatureCheckOutcome.Unsupported, check.Outcome);
        Assert.Contains("Ed25519", check.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void AKeyOfSomebodyElse_DoesNotVerifyIt()
    {
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var policy = SignaturePolicy.ForKey(SignatureKey.Parse(other.ExportSubjectPublicKeyInfoPem()), PublishedSignatures.Root);
        Assert.Contains(SignatureCheckId.Signature, Reasons(PublishedSignatures.Verify(PublishedSignatures.Bundle, policy)));
    }

    private static List<SignatureCheckId> Reasons(SignatureVerdict verdict) => [.. verdict.Reasons.Select(check => check.Id)];

    private static SignaturePolicy Under(TrustedRoot root) =>
        SignaturePolicy.ForIdentity(root, TextPattern.Exactly(PublishedSignatures.Identity), TextPattern.Exactly(PublishedSignatures.Issuer));

    private static TrustedRoot Root(Action<JsonNode> change) =>
        TrustedRoot.Parse(PublishedSignatures.With(PublishedSignatures.Read("trusted_root.json"), change));

    private static JsonNode Find(JsonNode json, string path)
    {
        foreach (var part in path.Split('/'))
        {
            json = (int.TryParse(part, out var index) ? json[index] : json[part])!;
        }

        return json;
    }
}
