using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Primitives.Asn1;
using Oid = Casemate.Attestation.Pki.Oid;

namespace Casemate.Attestation.Nvidia;

/// <summary>
/// Verifies attestation reports of NVIDIA GPUs (Hopper): chain, signature, firmware id, nonce. Pure: the same inputs give the same verdict.
/// </summary>
/// <remarks>
/// A genuine report says which firmware runs, not that it is good: that takes NVIDIA's reference manifests, which are not read here. Their
/// digests go into <see cref="GpuPolicy.Measurements"/>.
/// </remarks>
public static class GpuReportVerifier
{
    private const string FormatRule = "an SPDM 1.1 measurements request with its answer";

    /// <summary>Verifies one report.</summary>
    /// <param name="report">Request and answer, at most 64 KiB.</param>
    /// <param name="certificateChainPem">The GPU's certificates, the signer's first and the root last, PEM.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">What the relying party wants.</param>
    /// <returns>The verdict. Hostile input is answered by a rejecting verdict, never by an exception.</returns>
    public static GpuVerdict Verify(
        ReadOnlySpan<byte> report, ReadOnlySpan<byte> certificateChainPem, GpuTrustRoots roots, DateTimeOffset now, GpuPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(policy);
        var checks = new CheckList();
        if (!GpuReport.TryRead(report, out var parsed, out var error))
        {
            checks.Authenticity(CheckId.EvidenceFormat, false, FormatRule, error);
            return new GpuVerdict { Checks = checks.Drain(), Simulated = false };
        }

        checks.Authenticity(CheckId.EvidenceFormat, true, FormatRule, $"{parsed.MeasurementsByIndex.Count} measurements");
        var chain = PemCertificates.TryRead(certificateChainPem, out var certificates, out var chainError)
            ? CertificateChain.TryRead(certificates, out chainError)
            : null;
        if (chain is null)
        {
            checks.Authenticity(CheckId.GpuChain, false, "certificates from the signer to a root, each signed by the next", chainError);
            return new GpuVerdict { Checks = checks.Drain(), Simulated = false };
        }

        var simulated = CheckChain(checks, chain, roots, now, policy);
        var valid = chain.LeafKey.VerifyRawP384(parsed.SignedBytes, parsed.Signature);
        checks.Authenticity(
            CheckId.GpuReportSignature, valid ? "" : "the signature does not verify with the key of the first certificate",
            "valid under the first certificate");
        CheckFirmwareId(checks, parsed, chain.Leaf);
        CheckNonce(checks, parsed, policy);
        CheckMeasurements(checks, parsed, policy);
        CheckVersions(checks, parsed, policy);
        return new GpuVerdict
        {
            Claims = checks.Authentic ? Claims(parsed, chain.Leaf) : null,
            Checks = checks.Drain(),
            Simulated = simulated,
        };
    }

    private static bool CheckChain(CheckList checks, CertificateChain chain, GpuTrustRoots roots, DateTimeOffset now, GpuPolicy policy)
    {
        const string signed = "certificates from the signer to a root, each signed by the next";
        var root = chain.Root;
        var (accepted, simulated) = roots.Find(root.Der.Span);
        checks.Authenticity(
            CheckId.TrustRoot, accepted, "an accepted root",
            accepted ? simulated ? "a simulated root" : "NVIDIA Device Identity CA"
                : $"root not accepted: SHA-256 {Convert.ToHexStringLower(SHA256.HashData(root.Der.Span))}");
        checks.Authenticity(CheckId.GpuChain, true, signed, signed);

        const string inside = "every certificate inside its validity";
        var outside = chain.CheckValidity(now);
        checks.Judge(CheckId.GpuChainValidity, outside.Length == 0, inside, outside.Length == 0 ? inside : outside);
        const string unknown = "RevocationUnknown: NVIDIA answers that online (OCSP), and nobody asked";
        if (policy.AcceptUnknownRevocation)
        {
            checks.Warn(CheckId.GpuRevocation, "certificates known not to be revoked; not knowing is tolerated by the policy", unknown);
        }
        else
        {
            checks.Judge(CheckId.GpuRevocation, false, "certificates known not to be revoked", unknown);
        }

        return simulated;
    }

    private static void CheckFirmwareId(CheckList checks, in GpuReport report, Certificate leaf)
    {
        var certified = ReadFirmwareId(leaf);
        var error = certified.IsEmpty ? "the signer's certificate names no firmware (extension 2.23.133.5.4.1)"
            : report.FirmwareId.IsEmpty ? "the report names no firmware (opaque data 20)"
            : !certified.SequenceEqual(report.FirmwareId) ? $"the report names {Convert.ToHexStringLower(report.FirmwareId)}"
            : "";
        checks.Authenticity(
            CheckId.GpuFirmwareId, error,
            certified.IsEmpty ? "the firmware of the signer's certificate" : Convert.ToHexStringLower(certified));
    }

    // SEQUENCE { version INTEGER, SubjectPublicKeyInfo of the issuer, SEQUENCE { OID of the hash, OCTET STRING } }.
    private static ReadOnlySpan<byte> ReadFirmwareId(Certificate leaf)
    {
        if (!leaf.TryGetExtension(Oid.DiceFirmwareId, out var value))
        {
            return default;
        }

        var reader = new DerReader(value);
        return reader.TryReadSequence(out var identity) && reader.IsEmpty
            && identity.TryReadUInt32(DerTag.Integer, 255, out _) && identity.TryRead(DerTag.Sequence, out _)
            && identity.TryReadSequence(out var firmware) && identity.IsEmpty
            && firmware.TryReadOid(out var hash) && hash.SequenceEqual(Oid.Sha384)
            && firmware.TryReadOctetString(out var digest) && firmware.IsEmpty && digest.Length == GpuReport.FirmwareIdSize
            ? digest
            : default;
    }

    private static void CheckNonce(CheckList checks, in GpuReport report, GpuPolicy policy)
    {
        if (policy.Nonce is { } expected)
        {
            var found = Convert.ToHexStringLower(report.Nonce);
            var holds = CryptographicOperations.FixedTimeEquals(expected, report.Nonce);
            checks.Judge(CheckId.GpuNonce, holds, holds ? found : Convert.ToHexStringLower(expected), found);
        }
        else if (policy.AcceptUnboundEvidence)
        {
            checks.NotAsked(CheckId.GpuNonce, "any: not compared, so a copy of an old report passes too");
        }
        else
        {
            checks.Judge(
                CheckId.GpuNonce, false, "a nonce named by the caller, so that an old report cannot be replayed", "none was named");
        }
    }

    private static void CheckMeasurements(CheckList checks, in GpuReport report, GpuPolicy policy)
    {
        if (policy.Measurements.IsEmpty)
        {
            if (policy.AcceptAnyMeasurements)
            {
                checks.NotAsked(CheckId.GpuMeasurements, "any firmware of the GPU");
            }
            else
            {
                checks.Judge(CheckId.GpuMeasurements, false, "a policy that names measurements", "none named");
            }

            return;
        }

        foreach (var (index, accepted) in policy.Measurements)
        {
            var present = report.MeasurementsByIndex.TryGetValue(index, out var digest);
            var holds = present && CommonChecks.Contains(accepted, digest);
            var found = present ? $"measurement {index} {CommonChecks.Hex(digest)}" : $"measurement {index} is not in the report";
            checks.Judge(CheckId.GpuMeasurements, holds, holds ? found : $"measurement {index} {CommonChecks.Join(accepted)}", found);
        }
    }

    private static void CheckVersions(CheckList checks, in GpuReport report, GpuPolicy policy)
    {
        Version("driver", policy.DriverVersions, report.DriverVersion);
        Version("VBIOS", policy.VbiosVersions, report.VbiosVersion);

        void Version(string name, ImmutableArray<string> accepted, string? actual)
        {
            if (!accepted.IsEmpty)
            {
                checks.Judge(
                    CheckId.GpuVersions, actual is not null && accepted.Contains(actual, StringComparer.Ordinal),
                    $"{name} {string.Join(" or ", accepted)}", $"{name} {actual ?? "of a version that the report does not say"}");
            }
        }
    }

    private static GpuClaims Claims(in GpuReport report, Certificate leaf) => new()
    {
        Nonce = report.Nonce.ToArray(),
        Device = leaf.CommonName,
        FirmwareId = report.FirmwareId.ToArray(),
        DriverVersion = report.DriverVersion,
        VbiosVersion = report.VbiosVersion,
        Measurements = report.MeasurementsByIndex,
    };
}
