using System.Security.Cryptography;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Verifies one signature of an image, offline: everything that is needed comes with the signature, with the policy, or from the
/// trusted root that the policy names. A pure function of its arguments; nothing is fetched.
/// </summary>
public static class SignatureVerifier
{
    private const string AnyReference = "any repository is accepted";

    /// <summary>Verifies a sigstore bundle.</summary>
    /// <param name="utf8Json">The bundle.</param>
    /// <param name="where">Where it was found, for the verdict.</param>
    /// <param name="image">The SHA-256 digest of the manifest or index that should be signed.</param>
    /// <param name="policy">What is accepted.</param>
    public static SignatureVerdict VerifyBundle(ReadOnlyMemory<byte> utf8Json, string where, Digest image, SignaturePolicy policy)
    {
        var checks = new SignatureCheckList();
        if (!SigstoreBundle.TryRead(utf8Json, out var bundle, out var problem))
        {
            checks.Add(SignatureCheckId.Format, false, "a sigstore bundle", problem);
            return new SignatureVerdict(SignatureForm.Bundle, where, checks.ToImmutable());
        }

        checks.Add(SignatureCheckId.Format, true, "a sigstore bundle", $"version 0.{bundle.MinorVersion}");
        CheckDocument(bundle, image, policy, checks);
        var signed = bundle.Envelope?.SignedBytes();
        return VerifyMaterial(SignatureForm.Bundle, where, policy, checks, new SignedMaterial
        {
            SignedBytes = signed,
            SignedHash = signed is null ? Convert.FromHexString(bundle.MessageDigest!.Hex) : SHA256.HashData(signed),
            Signature = bundle.Signature.ToArray(),
            Envelope = bundle.Envelope,
            Certificates = bundle.Certificates,
            LogEntries = bundle.LogEntries,
            Timestamps = bundle.Timestamps,
            PromiseIsEnough = bundle.MinorVersion == 1,
        });
    }

    /// <summary>Verifies a simple signature as cosign keeps it.</summary>
    /// <param name="signature">Payload and annotations.</param>
    /// <param name="where">Where it was found, for the verdict.</param>
    /// <param name="image">The digest of the manifest or index that should be signed.</param>
    /// <param name="policy">What is accepted.</param>
    public static SignatureVerdict VerifyCosign(CosignSignature signature, string where, Digest image, SignaturePolicy policy)
    {
        var checks = new SignatureCheckList();
        if (!CosignPayload.TryRead(signature.Payload, out var payload, out var problem) || !signature.TryRead(out var material, out problem))
        {
            checks.Add(SignatureCheckId.Format, false, "a simple signature", problem);
            return new SignatureVerdict(SignatureForm.Cosign, where, checks.ToImmutable());
        }

        checks.Add(SignatureCheckId.Format, true, "a simple signature", "a payload with a signature");
        checks.Add(SignatureCheckId.Digest, payload.ManifestDigest == image, image.Text, payload.ManifestDigest.Text);
        if (policy.Repository is { } repository)
        {
            checks.Add(SignatureCheckId.Reference, IsRepository(payload.Reference, repository), repository, payload.Reference);
        }
        else
        {
            checks.Skip(SignatureCheckId.Reference, AnyReference);
        }

        var verdict = VerifyMaterial(SignatureForm.Cosign, where, policy, checks, material);
        return verdict.Accepted ? verdict with { Annotations = payload.Annotations } : verdict;
    }

    private static void CheckDocument(SigstoreBundle bundle, Digest image, SignaturePolicy policy, SignatureCheckList checks)
    {
        if (bundle.Envelope is not { } envelope)
        {
            checks.Add(SignatureCheckId.Digest, bundle.MessageDigest == image, image.Text, bundle.MessageDigest!.Text);
            checks.Skip(SignatureCheckId.PredicateType, "the manifest itself is signed");
            return;
        }

        if (envelope.PayloadType != DsseEnvelope.InToto)
        {
            checks.Unsupported(SignatureCheckId.Format, DsseEnvelope.InToto, envelope.PayloadType);
        }
        else if (!InTotoStatement.TryRead(envelope.Payload, out var statement, out var problem))
        {
            checks.Add(SignatureCheckId.Format, false, "an in-toto statement", problem);
        }
        else
        {
            checks.Add(
                SignatureCheckId.Digest, statement.SubjectDigests.Contains(image), image.Text, string.Join(", ", statement.SubjectDigests));
            checks.Add(SignatureCheckId.PredicateType, statement.PredicateType == policy.PredicateType, policy.PredicateType, statement.PredicateType);
        }
    }

    // Docker's registry has two names, and a signer may have named a tag, which cosign leaves away and others do not.
    private static bool IsRepository(string signed, string wanted) =>
        ImageReference.TryParse(signed, out var reference, out _) && ImageReference.TryParse(wanted, out var expected, out _)
        && reference.Registry == expected.Registry && reference.Repository == expected.Repository;

    private static SignatureVerdict VerifyMaterial(
        SignatureForm form, string where, SignaturePolicy policy, SignatureCheckList checks, SignedMaterial material)
    {
        if (policy.Key is { } key)
        {
            checks.Add(
                SignatureCheckId.Signature, material.IsSignedBy(key), $"a signature of {key}", "the signature that is there");
            var logged = policy.TrustedRoot is { } root ? VerifyTimes(material, key, root, checks) : SkipTimes(checks);
            return new SignatureVerdict(form, where, checks.ToImmutable()) { SignedAt = Earliest(logged) };
        }

        return VerifyCertified(form, where, policy, policy.TrustedRoot!, checks, material);
    }

    private static List<DateTimeOffset> SkipTimes(SignatureCheckList checks)
    {
        checks.Skip(SignatureCheckId.LogEntry, "no trusted root is named");
        return [];
    }

    private static SignatureVerdict VerifyCertified(
        SignatureForm form, string where, SignaturePolicy policy, TrustedRoot root, SignatureCheckList checks, SignedMaterial material)
    {
        string? problem = "a key signed, and no certificate says whose it is";
        if (material.Certificates.IsEmpty || !SignerCertificate.TryRead(material.Certificates[0].Span, out var signer, out problem))
        {
            checks.Add(SignatureCheckId.CertificateChain, false, "the certificate of a signer", problem);
            return new SignatureVerdict(form, where, checks.ToImmutable());
        }

        using var certificate = signer.Certificate;
        checks.Add(
            SignatureCheckId.Signature, material.IsSignedBy(signer.Key), "a signature of the certificate's key",
            "the signature that is there");
        var times = VerifyTimes(material, signer.Key, root, checks);
        CheckTimes(signer, times, checks);
        CheckChain(signer, material, root, times, checks);
        checks.Add(
            SignatureCheckId.CertificateIdentity, signer.Identity is { } identity && policy.Identity!.Matches(identity), policy.Identity!.ToString(),
            signer.Identity ?? "the certificate names not exactly one signer");
        checks.Add(
            SignatureCheckId.CertificateIssuer, signer.Issuer is { } issuer && policy.Issuer!.Matches(issuer), policy.Issuer!.ToString(),
            signer.Issuer ?? "the certificate names no issuer");
        return new SignatureVerdict(form, where, checks.ToImmutable())
        {
            Identity = signer.Identity,
            Issuer = signer.Issuer,
            SignedAt = Earliest(times),
        };
    }

    private static List<DateTimeOffset> VerifyTimes(SignedMaterial material, SignatureKey key, TrustedRoot root, SignatureCheckList checks)
    {
        var times = new List<DateTimeOffset>();
        if (root.SignatureLogs.IsEmpty)
        {
            checks.Skip(SignatureCheckId.LogEntry, "the trusted root names no transparency log");
        }
        else if (material.LogEntries.IsEmpty)
        {
            checks.Add(SignatureCheckId.LogEntry, false, "an entry of a trusted log about this signature", "none");
        }
        else
        {
            foreach (var entry in material.LogEntries)
            {
                if (LogEntryVerifier.Verify(entry, material, key, root, checks) is { } time)
                {
                    times.Add(time);
                }
            }
        }

        if (root.TimestampAuthorities.IsEmpty || material.Timestamps.IsEmpty)
        {
            checks.Skip(
                SignatureCheckId.Timestamp,
                material.Timestamps.IsEmpty ? "the signature has no time stamp" : "the trusted root names no time stamping authority");
            return times;
        }

        foreach (var stamp in material.Timestamps)
        {
            const string Expected = "a time stamp of a trusted authority over this signature";
            var read = TimestampToken.TryRead(stamp.Span, out var token);
            if (checks.Add(
                SignatureCheckId.Timestamp, read && token!.Verify(material.Signature, root.TimestampAuthorities), Expected,
                read ? $"{token!.Time:yyyy-MM-ddTHH:mm:ssZ}" : "it is malformed, or made with algorithms that are not accepted"))
            {
                times.Add(token!.Time);
            }
        }

        return times;
    }

    private static void CheckTimes(SignerCertificate signer, List<DateTimeOffset> times, SignatureCheckList checks)
    {
        DateTimeOffset from = signer.Certificate.NotBefore.ToUniversalTime(), to = signer.Certificate.NotAfter.ToUniversalTime();
        checks.Add(
            SignatureCheckId.SigningTime, times.Count > 0 && times.TrueForAll(time => time >= from && time <= to),
            $"{from:yyyy-MM-ddTHH:mm:ssZ} to {to:yyyy-MM-ddTHH:mm:ssZ}",
            times.Count == 0 ? "no trusted time is known" : string.Join(", ", times.Select(time => $"{time:yyyy-MM-ddTHH:mm:ssZ}")));
    }

    private static void CheckChain(
        SignerCertificate signer, SignedMaterial material, TrustedRoot root, List<DateTimeOffset> times, SignatureCheckList checks)
    {
        const string Expected = "a chain to a trusted authority at the time of signing";
        if (times.Count == 0)
        {
            checks.Add(SignatureCheckId.CertificateChain, false, Expected, "no trusted time is known");
            return;
        }

        byte[] issuer = [];
        string? problem = null;
        foreach (var time in times)
        {
            problem ??= CertificatePath.Find(
                signer.Certificate, [.. material.Certificates.Skip(1)], root.CertificateAuthorities, time, CertificatePath.CodeSigning, out issuer);
        }

        if (!checks.Add(SignatureCheckId.CertificateChain, problem is null, Expected, problem ?? signer.Certificate.Issuer))
        {
            return;
        }

        if (root.CertificateLogs.IsEmpty)
        {
            checks.Skip(SignatureCheckId.CertificateLog, "the trusted root names no certificate log");
            return;
        }

        var promised = CertificateLogPromise.Verify(signer, issuer, root.CertificateLogs, out var found);
        checks.Add(SignatureCheckId.CertificateLog, promised, "a promise of a trusted log to publish the certificate", found);
    }

    private static DateTimeOffset? Earliest(List<DateTimeOffset> times) => times.Count == 0 ? null : times.Min();
}
