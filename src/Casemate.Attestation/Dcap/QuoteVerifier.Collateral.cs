using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Dcap;

/// <content>The checks on the PCK chain, on revocation and on collateral.</content>
public static partial class QuoteVerifier
{
    private static void CheckChain(
        CheckList checks, PckChain chain, PreparedCollateral prepared, TrustRoots roots, DateTimeOffset now, EvidencePolicy policy)
    {
        var root = roots.Find(chain.Root.Der.Span);

        // An AMD root vouches for no Intel chain, whatever its bytes.
        var accepted = root is { Product: null };
        checks.Authenticity(
            CheckId.TrustRoot, accepted, "an accepted root",
            accepted ? root!.Name : $"root not accepted: SHA-256 {Fingerprint(chain.Root)}, subject '{chain.Root.CommonName}'");
        checks.Authenticity(CheckId.PckChain, chain.ChainError, "PCK certificate, CA and root, each signed by the next");
        checks.Judge(
            CheckId.PckChainValidity, IsValid(chain, now, out var validity), "every certificate inside its validity", validity);
        checks.Authenticity(CheckId.SgxExtension, chain.ExtensionError, "complete");

        checks.Authenticity(CheckId.RootCrl, prepared.RootCrlError, "signed by the root");
        CheckWindow(checks, CheckId.RootCrlFreshness, prepared.RootCrl?.ThisUpdate, prepared.RootCrl?.NextUpdate, now, policy);
        checks.Authenticity(CheckId.PckCrl, prepared.PckCrlError, "signed by the PCK CA");
        CheckWindow(checks, CheckId.PckCrlFreshness, prepared.PckCrl?.ThisUpdate, prepared.PckCrl?.NextUpdate, now, policy);
        CheckNotRevoked(checks, CheckId.PckCaNotRevoked, prepared.RootCrl, prepared.RootCrlError, chain.Ca);
        CheckNotRevoked(checks, CheckId.PckNotRevoked, prepared.PckCrl, prepared.PckCrlError, chain.Leaf);
    }

    private static bool IsValid(PckChain chain, DateTimeOffset now, out string actual)
    {
        foreach (var (certificate, name) in (ReadOnlySpan<(Certificate, string)>)[(chain.Leaf, "PCK certificate"), (chain.Ca, "CA"), (chain.Root, "root")])
        {
            if (!certificate.IsValidAt(now))
            {
                actual = Outside(name, certificate, now);
                return false;
            }
        }

        actual = "every certificate inside its validity";
        return true;
    }

    private static string Outside(string name, Certificate certificate, DateTimeOffset now) => now < certificate.NotBefore
        ? $"NotYetValid: {name} starts {CommonChecks.Time(certificate.NotBefore)}, judged at {CommonChecks.Time(now)}"
        : $"Expired: {name} ended {CommonChecks.Time(certificate.NotAfter)}, judged at {CommonChecks.Time(now)}";

    private static void CheckNotRevoked(CheckList checks, CheckId id, CertificateRevocationList? crl, string crlError, Certificate certificate)
    {
        if (crl is null || crlError.Length > 0)
        {
            checks.Authenticity(id, false, "not revoked", "unknown: there is no usable CRL");
            return;
        }

        var revoked = crl.Revokes(certificate.SerialNumber.Span);
        checks.Authenticity(
            id, !revoked, "not revoked",
            revoked ? $"revoked: serial number {Convert.ToHexStringLower(certificate.SerialNumber.Span)}" : "not revoked");
    }

    private static void CheckWindow(
        CheckList checks, CheckId id, DateTimeOffset? start, DateTimeOffset? end, DateTimeOffset now, EvidencePolicy policy)
    {
        if (start is not { } from || end is not { } to)
        {
            checks.Judge(id, false, "inside its window", "unknown: the document is not usable");
        }
        else if (now < from)
        {
            checks.Judge(id, false, "inside its window", $"NotYetValid: starts {CommonChecks.Time(from)}, judged at {CommonChecks.Time(now)}");
        }
        else if (now <= to)
        {
            checks.Judge(id, true, "inside its window", "fresh");
        }
        else if (policy.CollateralGrace > TimeSpan.Zero && now - to <= policy.CollateralGrace)
        {
            checks.Warn(
                id, $"at most {policy.CollateralGrace.TotalDays:0.##} days past its end, tolerated by the policy", $"Expired: ended {CommonChecks.Time(to)}");
        }
        else
        {
            checks.Judge(id, false, "inside its window", $"Expired: ended {CommonChecks.Time(to)}, judged at {CommonChecks.Time(now)}");
        }
    }

    private static void CheckCertificationData(CheckList checks, in Quote quote, PckChain chain)
    {
        if (!PlatformTcb.TryRead(quote.CertificationDataType, quote.CertificationData, out var tcb))
        {
            return;
        }

        // The PCK is derived for one TCB: a certificate of another TCB of the same machine holds another key.
        var isClear = quote.CertificationDataType is CertificationDataType.PpidClear;
        var platform = chain.Platform;
        var error = platform is null ? "the PCK certificate is not usable"
            : !tcb.PceId.IsEmpty && !tcb.PceId.SequenceEqual(platform.PceId) ? $"PCEID {Convert.ToHexStringLower(tcb.PceId)}"
            : tcb.PceSvn != platform.PceSvn ? $"PCESVN {tcb.PceSvn}"
            : !tcb.CpuSvn.SequenceEqual(chain.CpuSvn) ? $"CPUSVN {Convert.ToHexStringLower(tcb.CpuSvn)}"
            : isClear && !tcb.Ppid.SequenceEqual(platform.Ppid) ? "another PPID"
            : "";
        checks.Authenticity(
            CheckId.CertificationData, error.Length == 0, "PCEID, PCESVN, CPUSVN and PPID of the PCK certificate",
            error.Length > 0 ? error : isClear ? "the same" : "the same; the PPID is encrypted and not compared");
    }

    private static void CheckCollateral(
        CheckList checks, Tee tee, PckChain chain, PreparedCollateral prepared, DateTimeOffset now, EvidencePolicy policy)
    {
        var tcbInfo = prepared.TcbInfo;
        CheckSigner(checks, CheckId.TcbInfoSigner, CheckId.TcbInfoSignerValidity, tcbInfo.Signer, tcbInfo.SignerError, chain, prepared, now);
        checks.Authenticity(CheckId.TcbInfoSignature, tcbInfo.SignatureError, "valid under the signer's key");
        CheckFormat(checks, CheckId.TcbInfoFormat, tcbInfo.FormatError, "a TCB info of version 2 or 3");
        CheckWindow(checks, CheckId.TcbInfoFreshness, tcbInfo.Value?.IssueDate, tcbInfo.Value?.NextUpdate, now, policy);
        if (tcbInfo.Value is { } value)
        {
            checks.Authenticity(CheckId.TcbInfoTee, value.Tee == tee, NameOf(tee), NameOf(value.Tee));
            CheckPlatform(checks, value, chain);
        }

        var qe = prepared.QeIdentity;
        CheckSigner(checks, CheckId.QeIdentitySigner, CheckId.QeIdentitySignerValidity, qe.Signer, qe.SignerError, chain, prepared, now);
        checks.Authenticity(CheckId.QeIdentitySignature, qe.SignatureError, "valid under the signer's key");
        CheckFormat(checks, CheckId.QeIdentityFormat, qe.FormatError, "a QE identity of version 2");
        CheckWindow(checks, CheckId.QeIdentityFreshness, qe.Value?.IssueDate, qe.Value?.NextUpdate, now, policy);
    }

    // A document of a retired or unknown version is not malformed: the remedy is another document, not another copy of this one.
    private static void CheckFormat(CheckList checks, CheckId id, string error, string expected) =>
        checks.Authenticity(error.StartsWith(CollateralJson.UnsupportedVersion, StringComparison.Ordinal) ? CheckId.CollateralVersion : id, error, expected);

    private static void CheckSigner(
        CheckList checks, CheckId id, CheckId validityId, Certificate? signer, string error, PckChain chain, PreparedCollateral prepared,
        DateTimeOffset now)
    {
        if (error.Length == 0 && (prepared.RootCrl is not { } crl || prepared.RootCrlError.Length > 0))
        {
            error = "its revocation is unknown: there is no usable root CRL";
        }
        else if (error.Length == 0 && prepared.RootCrl!.Revokes(signer!.SerialNumber.Span))
        {
            error = $"revoked: serial number {Convert.ToHexStringLower(signer.SerialNumber.Span)}";
        }

        checks.Authenticity(id, error, "issued by the chain's root, not revoked");
        var outside = signer is null ? "there is no usable signer"
            : !signer.IsValidAt(now) ? Outside("signer", signer, now)
            : !chain.Root.IsValidAt(now) ? Outside("root", chain.Root, now)
            : "";
        checks.Judge(validityId, outside.Length == 0, "inside its validity", outside.Length == 0 ? "inside its validity" : outside);
    }

    private static void CheckPlatform(CheckList checks, TcbInfo tcbInfo, PckChain chain)
    {
        var platform = chain.Platform;
        var fmspc = platform is not null && tcbInfo.Fmspc.AsSpan().SequenceEqual(platform.Fmspc);
        var pceId = platform is not null && tcbInfo.PceId is not null && tcbInfo.PceId.AsSpan().SequenceEqual(platform.PceId);
        var holds = fmspc && pceId;
        checks.Authenticity(
            CheckId.TcbInfoPlatform, holds,
            holds ? tcbInfo.PlatformText
                : platform is null ? "FMSPC and PCEID of the PCK certificate"
                : $"FMSPC {Convert.ToHexStringLower(platform.Fmspc)}, PCEID {Convert.ToHexStringLower(platform.PceId)}",
            tcbInfo.PlatformText);
    }

    private static string NameOf(Tee tee) => tee switch { Tee.Sgx => "SGX", Tee.Tdx => "TDX", Tee.Snp => "SEV-SNP", _ => "unknown" };

    private static string Fingerprint(Certificate certificate) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(certificate.Der.Span));

    private static DateTimeOffset? EarliestEnd(PreparedCollateral prepared)
    {
        DateTimeOffset? earliest = null;
        foreach (var end in (ReadOnlySpan<DateTimeOffset?>)
            [prepared.TcbInfo.Value?.NextUpdate, prepared.QeIdentity.Value?.NextUpdate, prepared.RootCrl?.NextUpdate, prepared.PckCrl?.NextUpdate])
        {
            if (end < (earliest ?? DateTimeOffset.MaxValue))
            {
                earliest = end;
            }
        }

        return earliest;
    }
}
