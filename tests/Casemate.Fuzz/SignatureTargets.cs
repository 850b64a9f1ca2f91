using System.Text;
using System.Text.Json;
using Casemate.Oci;
using Casemate.Oci.Signatures;
using Casemate.Testing;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What comes with a signature of an image: bundles, trusted roots, payloads and their annotations, keys.</summary>
public static class SignatureTargets
{
    private static readonly Digest s_image = Digest.Parse("sha256:c811d58de79c92f03214e63aa339484e488d694ae8a6283b5f3f17a9faf50172");
    private static readonly TrustedRoot s_root = TrustedRoot.Parse(Corpus("trusted_root.json"));
    private static readonly SignaturePolicy s_policy = SignaturePolicy.ForIdentity(
        s_root, TextPattern.Exactly("https://github.com/kubewarden/kubewarden-controller/.github/workflows/release.yml@refs/tags/v1.34.0"),
        TextPattern.Exactly("https://token.actions.githubusercontent.com"));

    private static readonly SigstoreBundle s_original =
        SigstoreBundle.TryRead(Corpus("image.sigstore.json"), out var bundle, out var problem) ? bundle : throw new InvalidDataException(problem);

    private static readonly byte[] s_payload = new CosignPayload(
        "r.example/a", s_image, System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty).Write();

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("sigstore-bundle", Bundle, [Corpus("image.sigstore.json"), Corpus("managed-key.sigstore.json")]),
        new("sigstore-trusted-root", Root, [Corpus("trusted_root.json")]),
        new("cosign-payload", Payload,
        [
            Encoding.UTF8.GetBytes($$$"""{"critical":{"identity":{"docker-reference":"r.example/a"},"image":{"docker-manifest-digest":"{{{s_image}}}"},"type":"cosign container image signature"},"optional":{"a":"<é>"}}"""),
        ]),
        new("cosign-annotation", Annotation,
        [
            """{"SignedEntryTimestamp":"AAAA","Payload":{"body":"eyJraW5kIjoiYSIsImFwaVZlcnNpb24iOiIxIn0=","integratedTime":1,"logIndex":1,"logID":"00000000000000000000000000000000000000000000000000000000000000ff"}}"""u8.ToArray(),
        ]),
    ];

    private static bool Bundle(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        var read = SigstoreBundle.TryRead(bytes, out var bundle, out var problem);
        Require(read == (problem is null) && read == (bundle is not null), "an answer that contradicts itself", input);
        var verdict = SignatureVerifier.VerifyBundle(bytes, "fuzz", s_image, s_policy);
        Require(read || !verdict.Accepted, "accepted without having been read", input);
        Require(verdict.Checks.Length > 0, "a verdict without a check", input);
        if (verdict.Accepted)
        {
            // What is signed must still be the same; only white space and members that nobody reads can differ.
            Require(bundle!.Signature.Span.SequenceEqual(s_original.Signature.Span), "another signature was accepted", input);
            Require(bundle.Envelope!.Payload.Span.SequenceEqual(s_original.Envelope!.Payload.Span), "another statement was accepted", input);
            Require(bundle.LogEntries[0].IntegratedTime == s_original.LogEntries[0].IntegratedTime, "another time was accepted", input);
        }

        return read;
    }

    private static bool Root(ReadOnlySpan<byte> input)
    {
        if (!TrustedRoot.TryRead(input.ToArray(), out var root, out var problem))
        {
            Require(problem.Length > 0 && root is null, "refused without a reason", input);
            return false;
        }

        Require(
            root.SignatureLogs.Concat(root.CertificateLogs).All(log => (log.Key is null) == (log.KeyProblem is not null)),
            "a log with neither key nor problem", input);
        Require(root.CertificateAuthorities.All(authority => !authority.Certificates.IsEmpty), "an authority without certificates", input);
        return true;
    }

    private static bool Payload(ReadOnlySpan<byte> input)
    {
        if (!CosignPayload.TryRead(input.ToArray(), out var payload, out var problem))
        {
            Require(problem.Length > 0, "refused without a reason", input);
            return false;
        }

        Require(
            CosignPayload.TryRead(payload.Write(), out var again, out _) && again.Reference == payload.Reference
                && again.ManifestDigest == payload.ManifestDigest && again.Annotations.SequenceEqual(payload.Annotations),
            "what was read is written as something else", input);
        using var parsed = JsonDocument.Parse(payload.Write());
        return true;
    }

    private static bool Annotation(ReadOnlySpan<byte> input)
    {
        var annotations = new Dictionary<string, string>
        {
            [CosignSignature.SignatureAnnotation] = "AAAA",
            ["dev.sigstore.cosign/bundle"] = Encoding.UTF8.GetString(input),
        };
        var verdict = SignatureVerifier.VerifyCosign(new CosignSignature(s_payload, annotations), "fuzz", s_image, s_policy);
        Require(!verdict.Accepted, "a signature of nobody was accepted", input);
        return verdict.Checks.Any(check => check.Id is SignatureCheckId.Format && check.Outcome is SignatureCheckOutcome.Passed);
    }

    private static byte[] Corpus(string name) => File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "signatures", name));
}
