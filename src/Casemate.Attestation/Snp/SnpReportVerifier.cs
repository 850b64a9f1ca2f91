using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Snp;

/// <summary>Verifies SEV-SNP attestation reports, versions 2 to 5. Pure: the same inputs give the same verdict.</summary>
public static class SnpReportVerifier
{
    private const string FormatRule = "a SEV-SNP report, version 2 to 5";

    /// <summary>Verifies one report.</summary>
    /// <param name="report">The report, 1184 bytes.</param>
    /// <param name="endorsements">The certificates behind it.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">What the relying party wants.</param>
    /// <param name="cache">Shared results of time-independent work; null: everything is computed anew, with the same verdict.</param>
    /// <returns>The verdict. Hostile input is answered by a rejecting verdict, never by an exception.</returns>
    public static Verdict Verify(
        ReadOnlySpan<byte> report, SnpEndorsements endorsements, TrustRoots roots, DateTimeOffset now, EvidencePolicy policy,
        VerificationCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(endorsements);
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(policy);
        var checks = new CheckList();
        var error = SnpReport.TryRead(report, out var parsed);
        if (error is not SnpReportError.None)
        {
            checks.Authenticity(CheckId.EvidenceFormat, false, FormatRule, $"{error} in {report.Length} bytes");
            return new Verdict { Tee = Tee.Snp, Format = "malformed SEV-SNP report", Checks = checks.Drain(), Simulated = false };
        }

        var vek = ReadVek(endorsements, roots, cache, out var chainError);
        if (vek is null)
        {
            checks.Authenticity(CheckId.EvidenceFormat, true, FormatRule, $"version {parsed.Version}");
            checks.Authenticity(CheckId.SnpChain, false, "VEK, ASK and ARK", chainError);
            return new Verdict
            {
                Tee = Tee.Snp,
                Format = $"SEV-SNP report v{parsed.Version}",
                Checks = checks.Drain(),
                Simulated = false,
            };
        }

        var product = parsed.Product ?? vek.Extensions?.Product ?? SnpProduct.Milan;
        var format = FormatOf(parsed.Version, product);
        checks.Authenticity(CheckId.EvidenceFormat, true, FormatRule, format);
        CheckChain(checks, vek, roots, now);
        CheckProduct(checks, parsed, vek, policy);
        var crlEnd = CheckRevocation(checks, endorsements, vek.Issuer, now, policy);
        CheckSigner(checks, parsed, vek, policy);
        CheckBinding(checks, parsed, vek, product, policy);
        SnpChecks.Judge(checks, policy, parsed, product, vek.Extensions);
        return new Verdict
        {
            Tee = Tee.Snp,
            Format = format,
            Checks = checks.Drain(),
            Simulated = TrustRoots.Production.Find(vek.Issuer.Ark.Der.Span) is null,
            ClaimsSource = checks.Authentic ? new SnpClaimsSource(parsed.SignedBytes.ToArray(), product, vek) : null,
            CollateralExpires = crlEnd,
        };
    }

    private static string FormatOf(uint version, SnpProduct product) => (version, product) switch
    {
        (2, SnpProduct.Milan) => "SEV-SNP report v2 (Milan)",
        (3, SnpProduct.Milan) => "SEV-SNP report v3 (Milan)",
        (5, SnpProduct.Genoa) => "SEV-SNP report v5 (Genoa)",
        (5, SnpProduct.Turin) => "SEV-SNP report v5 (Turin)",
        _ => $"SEV-SNP report v{version} ({product})",
    };

    private static Vek? ReadVek(SnpEndorsements endorsements, TrustRoots roots, VerificationCache? cache, out string error)
    {
        error = "";
        var key = cache is null ? default : CacheKey.Of(endorsements.Vek, endorsements.Ask, endorsements.Ark);
        if (cache is not null && cache.Veks.TryGet(key, out var known))
        {
            return known;
        }

        var issuerKey = cache is null ? default : CacheKey.Of(endorsements.Ask, endorsements.Ark);
        if (cache is null || !cache.SnpIssuers.TryGet(issuerKey, out var issuer))
        {
            issuer = SnpIssuer.TryRead(endorsements.Ark.Span, endorsements.Ask.Span, roots, out error);
            if (issuer is null)
            {
                return null;
            }

            // Anybody can make a chain under a root of his own: it must not push good entries out.
            if (issuer.Error.Length == 0 && roots.Find(issuer.Ark.Der.Span) is not null)
            {
                cache?.SnpIssuers.Add(issuerKey, issuer);
            }
        }

        var vek = Vek.TryRead(endorsements.Vek.Span, issuer, out error);
        if (vek is { IsSound: true } && roots.Find(issuer.Ark.Der.Span) is not null)
        {
            cache?.Veks.Add(key, vek);
        }

        return vek;
    }

    private static void CheckChain(CheckList checks, Vek vek, TrustRoots roots, DateTimeOffset now)
    {
        // The ARK must be accepted for its own product line; Intel's root, whose Product is null, vouches for no report.
        var root = roots.Find(vek.Issuer.Ark.Der.Span);
        var accepted = root?.Product is { } product && product == vek.Issuer.Product;
        checks.Authenticity(
            CheckId.TrustRoot, accepted, "an accepted root",
            accepted ? root!.Name
                : $"root not accepted: SHA-256 {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(vek.Issuer.Ark.Der.Span))}, subject '{vek.Issuer.Ark.CommonName}'");
        checks.Authenticity(
            CheckId.SnpChain, vek.Issuer.Error.Length > 0 ? vek.Issuer.Error : vek.Error, "VEK, ASK and ARK, each signed by the next");

        var outside = "";
        foreach (var (certificate, name) in (ReadOnlySpan<(Certificate, string)>)[(vek.Certificate, "VEK"), (vek.Issuer.Ask, "ASK"), (vek.Issuer.Ark, "ARK")])
        {
            if (outside.Length == 0 && !certificate.IsValidAt(now))
            {
                outside = now < certificate.NotBefore
                    ? $"NotYetValid: {name} starts {CommonChecks.Time(certificate.NotBefore)}, judged at {CommonChecks.Time(now)}"
                    : $"Expired: {name} ended {CommonChecks.Time(certificate.NotAfter)}, judged at {CommonChecks.Time(now)}";
            }
        }

        checks.Judge(
            CheckId.SnpChainValidity, outside.Length == 0, "every certificate inside its validity",
            outside.Length == 0 ? "every certificate inside its validity" : outside);
    }

    private static void CheckProduct(CheckList checks, in SnpReport report, Vek vek, EvidencePolicy policy)
    {
        var (byReport, byVek, byArk) = (report.Product, vek.Extensions?.Product, vek.Issuer.Product);
        var named = byReport is not null || report.Version == 2;
        var agree = named && byVek is not null && byVek == byArk && (byReport is null || byReport == byVek);
        var inReport = byReport is { } line ? NameOf(line)
            : report.Version == 2 ? "(not said in version 2)"
            : $"CPUID family 0x{report.CpuidFamily:x}, model 0x{report.CpuidModel:x}";
        var expected = "the same product line in report, VEK and ARK";
        checks.Authenticity(
            CheckId.SnpProduct, agree, expected,
            agree ? NameOf(byVek!.Value) : $"report {inReport}, VEK {vek.Extensions?.ProductName ?? "unknown"}, ARK {byArk?.ToString() ?? "unknown"}");
        if (agree && !policy.Snp.Products.Contains(byVek!.Value))
        {
            checks.Judge(CheckId.SnpProduct, false, string.Join(" or ", policy.Snp.Products), NameOf(byVek.Value));
        }
    }

    private static DateTimeOffset? CheckRevocation(
        CheckList checks, SnpEndorsements endorsements, SnpIssuer issuer, DateTimeOffset now, EvidencePolicy policy)
    {
        if (endorsements.Crl is not { } encoded)
        {
            const string actual = "RevocationUnknown: no CRL of the ARK is at hand";
            if (policy.AcceptUnknownRevocation)
            {
                checks.Warn(CheckId.SnpCrl, "a CRL of the ARK; its absence is tolerated by the policy", actual);
            }
            else
            {
                checks.Judge(CheckId.SnpCrl, false, "a CRL of the ARK", actual);
            }

            return null;
        }

        if (!CertificateRevocationList.TryParse(encoded.Span, out var crl, out var error))
        {
            checks.Authenticity(CheckId.SnpCrl, false, "a CRL signed by the ARK", error);
            return null;
        }

        var genuine = crl!.Issuer.Span.SequenceEqual(issuer.Ark.Subject.Span)
            && issuer.ArkKey is not null && issuer.ArkKey.Verify(crl.Scheme, crl.Tbs.Span, crl.Signature.Span);
        checks.Authenticity(CheckId.SnpCrl, genuine ? "" : "the CRL is not signed by the ARK", "signed by the ARK");
        if (!genuine)
        {
            return null;
        }

        var fresh = crl.ThisUpdate <= now && now <= crl.NextUpdate;
        var inGrace = now > crl.NextUpdate && policy.CollateralGrace > TimeSpan.Zero && now - crl.NextUpdate <= policy.CollateralGrace;
        var window = $"from {CommonChecks.Time(crl.ThisUpdate)} to {CommonChecks.Time(crl.NextUpdate)}";
        if (inGrace)
        {
            checks.Warn(CheckId.SnpCrl, $"at most {policy.CollateralGrace.TotalDays:0.##} days past its end, tolerated by the policy", $"Expired: {window}");
        }
        else if (!fresh)
        {
            checks.Judge(
                CheckId.SnpCrl, false, "inside its window", $"{(now < crl.ThisUpdate ? "NotYetValid" : "Expired")}: {window}, judged at {CommonChecks.Time(now)}");
        }

        // The ARK's list covers what the ARK issued. VEKs are not on it: AMD gives them all the serial number zero.
        var revoked = crl.Revokes(issuer.Ask.SerialNumber.Span);
        checks.Authenticity(
            CheckId.SnpNotRevoked, !revoked, "not revoked",
            revoked ? $"revoked: ASK with serial number {Convert.ToHexStringLower(issuer.Ask.SerialNumber.Span)}" : "not revoked");
        return crl.NextUpdate;
    }

    private static void CheckSigner(CheckList checks, in SnpReport report, Vek vek, EvidencePolicy policy)
    {
        checks.Authenticity(CheckId.SnpSigner, report.Signer == vek.Kind, NameOf(report.Signer), NameOf(vek.Kind));
        if (report.Signer is SnpSigner.Vlek)
        {
            if (policy.Snp.RejectVlek)
            {
                checks.Judge(CheckId.SnpSigner, false, "VCEK", "VLEK");
            }
            else if (!policy.Snp.CspIds.IsEmpty)
            {
                var csp = vek.Extensions?.CspId ?? "";
                checks.Judge(
                    CheckId.SnpSigner, policy.Snp.CspIds.Contains(csp, StringComparer.Ordinal), $"CSP id {string.Join(" or ", policy.Snp.CspIds)}", csp);
            }
        }

        Span<byte> signature = stackalloc byte[96];
        report.CopySignature(signature);
        var valid = vek.Key is not null && vek.Key.VerifyRawP384(report.SignedBytes, signature);
        checks.Authenticity(
            CheckId.SnpReportSignature,
            valid ? "" : vek.Key is null ? "the VEK holds no usable key" : "the signature does not verify with the VEK",
            "valid under the VEK");
    }

    private static void CheckBinding(CheckList checks, in SnpReport report, Vek vek, SnpProduct product, EvidencePolicy policy)
    {
        var reported = SnpTcb.Decode(report.ReportedTcb, product);
        var inVek = vek.Extensions?.TcbText ?? "unknown";
        var same = vek.Extensions?.Tcb == reported;
        checks.Authenticity(CheckId.VekTcb, same, same ? inVek : reported.ToString(), inVek);
        CheckChipId(checks, report, vek, policy);

        var committed = SnpTcb.Decode(report.CommittedTcb, product);
        var current = SnpTcb.Decode(report.CurrentTcb, product);
        var ordered = committed.IsAtLeast(reported) && current.IsAtLeast(committed);
        checks.Authenticity(
            CheckId.TcbOrder, ordered, "reported ≤ committed ≤ current",
            ordered ? "reported ≤ committed ≤ current" : $"reported {reported}; committed {committed}; current {current}");
    }

    private static void CheckChipId(CheckList checks, in SnpReport report, Vek vek, EvidencePolicy policy)
    {
        if (vek.Kind is SnpSigner.Vlek)
        {
            return;                                                         // lent to a provider, tied to no chip
        }

        if (report.IsChipIdMasked)
        {
            const string masked = "ChipIdMasked: the report hides the chip";
            if (policy.Snp.AcceptMaskedChipId)
            {
                checks.Warn(CheckId.ChipId, "a masked chip id is accepted by the policy", masked);
            }
            else
            {
                checks.Judge(CheckId.ChipId, false, "the VCEK's hardware id", masked);
            }

            return;
        }

        var hardwareId = vek.Extensions?.HardwareId ?? [];
        var same = hardwareId.Length > 0 && report.ChipId.StartsWith(hardwareId)
            && !report.ChipId[hardwareId.Length..].ContainsAnyExcept((byte)0);
        checks.Authenticity(
            CheckId.ChipId, same, "the VCEK's hardware id", same ? "the same" : "another chip");
    }

    private static string NameOf(SnpSigner signer) => signer switch { SnpSigner.Vcek => "VCEK", SnpSigner.Vlek => "VLEK", _ => "none" };

    private static string NameOf(SnpProduct product) =>
        product switch { SnpProduct.Milan => "Milan", SnpProduct.Genoa => "Genoa", SnpProduct.Turin => "Turin", _ => "unknown" };
}
