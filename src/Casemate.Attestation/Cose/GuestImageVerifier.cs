using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Primitives.Cose;

namespace Casemate.Attestation.Cose;

/// <summary>
/// Verifies endorsements of guest images: COSE_Sign1 messages in which a publisher names a launch measurement and its security version,
/// such as the reference info of utility VMs of Azure Container Instances. Pure: the same inputs give the same verdict.
/// </summary>
/// <remarks>
/// What is read: protected parameters <c>iss</c> (did:x509) and <c>feed</c>, or issuer and subject as CWT claims (parameter 15); x5chain
/// and content type <c>application/json</c>; payload with
/// <c>x-ms-sevsnpvm-launchmeasurement</c> and <c>x-ms-sevsnpvm-guestsvn</c>. A counter-signed timestamp in the unprotected header is not.
/// </remarks>
public static class GuestImageVerifier
{
    private const string FormatRule = "a COSE_Sign1 endorsement of a launch measurement, application/json";
    private const string MeasurementMember = "x-ms-sevsnpvm-launchmeasurement";
    private const string SvnMember = "x-ms-sevsnpvm-guestsvn";
    private const string SvnNumberMember = "x-ms-sevsnpvm-guestsvn-int";
    private const int MeasurementSize = 48;

    /// <summary>Verifies one endorsement.</summary>
    /// <param name="endorsement">The message, at most 64 KiB.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="policy">Whose endorsements are trusted.</param>
    /// <returns>The verdict. Hostile input is answered by a rejecting verdict, never by an exception.</returns>
    public static GuestImageVerdict Verify(ReadOnlySpan<byte> endorsement, DateTimeOffset now, GuestImagePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var checks = new CheckList();
        var (measurement, svn) = (Array.Empty<byte>(), 0L);
        DidX509? issuer = null;
        if (!CoseSign1.TryRead(endorsement, out var message, out var error)
            || (error = ReadHeaders(message, out issuer) ?? ReadPayload(message.Payload, out measurement, out svn)) is not null)
        {
            checks.Authenticity(CheckId.EndorsementFormat, false, FormatRule, error);
            return new GuestImageVerdict(checks.Drain(), null);
        }

        var feed = FeedOf(message)!;
        checks.Authenticity(CheckId.EndorsementFormat, true, FormatRule, $"{Shown(feed)}, SVN {svn}");
        var chain = ReadChain(message, out error);
        checks.Authenticity(CheckId.EndorsementChain, error, "certificates from the signer to a CA, each signed by the next");
        if (chain is null)
        {
            return new GuestImageVerdict(checks.Drain(), null);
        }

        checks.Authenticity(
            CheckId.EndorsementSignature, VerifySignature(message, chain.LeafKey),
            $"{CoseAlgorithm.NameOf(message.Algorithm)} by the signer's certificate");
        checks.Authenticity(CheckId.EndorsementIssuer, issuer!.Check(chain), "the issuer's identifier fits the certificates");
        CheckValidity(checks, chain, message.SigningTime, now, policy);
        CheckTrust(checks, issuer.Text, feed, svn, policy);

        var all = checks.Drain();
        return new GuestImageVerdict(all, all.Any(c => c.Outcome is CheckOutcome.Failed) ? null : new GuestImageEndorsement
        {
            Issuer = issuer.Text,
            Feed = feed,
            LaunchMeasurement = measurement,
            Svn = svn,
            SigningTime = message.SigningTime,
            CertificatesExpire = chain.NotAfter,
        });
    }

    private static string? ReadHeaders(CoseSign1 message, out DidX509? issuer)
    {
        issuer = null;
        return message.ContentType != "application/json" ? "the content type is not application/json"
            : SaysTwice(message) ? "the protected header names issuer or feed twice, and not alike"
            : IssuerOf(message) is not { } text ? "the protected header has no issuer: no text 'iss', no claim 1 (parameter 15)"
            : FeedOf(message) is not { Length: > 0 } ? "the protected header has no feed: no text 'feed', no claim 2 (parameter 15)"
            : message.CertificateChain.Count == 0 ? "the protected header has no certificates (x5chain)"
            : DidX509.TryParse(text, out issuer, out var error) ? null
            : $"iss: {error}";
    }

    // Older documents have parameters of their own, newer ones the claims of a CBOR Web Token (RFC 9597).
    private static string? IssuerOf(CoseSign1 message) => message.FindText("iss") ?? message.Claims?.Issuer;

    private static string? FeedOf(CoseSign1 message) => message.FindText("feed") ?? message.Claims?.Subject;

    // Two readers must not see two issuers.
    private static bool SaysTwice(CoseSign1 message) =>
        (message.FindText("iss") is { } issuer && message.Claims?.Issuer is { } claimed && issuer != claimed)
        || (message.FindText("feed") is { } feed && message.Claims?.Subject is { } subject && feed != subject);

    private static string? ReadPayload(ReadOnlyMemory<byte> payload, out byte[] measurement, out long svn)
    {
        (measurement, svn) = ([], 0);
        if (!EvidenceJson.TryParse(payload, out var document, out var error))
        {
            return $"payload: {error}";
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty(MeasurementMember, out var member)
                || !EvidenceJson.TryGetHex(member, MeasurementSize, out measurement) || measurement.Length != MeasurementSize)
            {
                return $"payload: '{MeasurementMember}' is missing or not hex of {MeasurementSize} bytes";
            }

            // Older images give the version as text alone, newer ones as a number beside it.
            if (!root.TryGetProperty(SvnMember, out member) || !EvidenceJson.TryGetText(member, 18, out var text)
                || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out svn))
            {
                return $"payload: '{SvnMember}' is missing or not a whole number as text";
            }

            return root.TryGetProperty(SvnNumberMember, out member)
                && !(member.ValueKind is JsonValueKind.Number && member.TryGetInt64(out var number) && number == svn)
                ? $"payload: '{SvnNumberMember}' is not the number of '{SvnMember}'"
                : null;
        }
    }

    private static CertificateChain? ReadChain(CoseSign1 message, out string error)
    {
        error = "";
        var certificates = new List<Certificate>(message.CertificateChain.Count);
        foreach (var der in message.CertificateChain)
        {
            if (!Certificate.TryParse(der.Span, out var certificate, out error))
            {
                error = $"certificate {certificates.Count + 1}: {error}";
                return null;
            }

            certificates.Add(certificate!);
        }

        var chain = CertificateChain.TryRead(certificates, out error);
        if (chain is not null && message.CertificateThumbprint is { } thumbprint && !HasThumbprint(chain.Leaf, thumbprint))
        {
            error = "the thumbprint (x5t) is of an unknown kind or not that of the first certificate";
            return null;
        }

        return chain;
    }

    private static bool HasThumbprint(Certificate certificate, (int Algorithm, ReadOnlyMemory<byte> Hash) thumbprint)
    {
        HashAlgorithmName? hash = thumbprint.Algorithm switch
        {
            -16 => HashAlgorithmName.SHA256,
            -43 => HashAlgorithmName.SHA384,
            -44 => HashAlgorithmName.SHA512,
            _ => null,
        };
        return hash is { } name
            && CryptographicOperations.HashData(name, certificate.Der.Span).AsSpan().SequenceEqual(thumbprint.Hash.Span);
    }

    private static string VerifySignature(CoseSign1 message, VerifyingKey key)
    {
        var (data, signature) = (message.ToBeSigned(), message.Signature.Span.ToArray());
        bool? valid = message.Algorithm switch
        {
            CoseAlgorithm.Es256 => key.VerifyRaw(data, signature),
            CoseAlgorithm.Es384 => key.VerifyRawP384(data, signature),
            CoseAlgorithm.Ps256 => key.VerifyRsa(HashAlgorithmName.SHA256, RSASignaturePadding.Pss, data, signature),
            CoseAlgorithm.Ps384 => key.VerifyRsa(HashAlgorithmName.SHA384, RSASignaturePadding.Pss, data, signature),
            CoseAlgorithm.Rs256 => key.VerifyRsa(HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, data, signature),
            _ => null,
        };
        return valid switch
        {
            true => "",
            false => "the signature does not verify with the key of the signer's certificate",
            null => $"{CoseAlgorithm.NameOf(message.Algorithm)} is not supported",
        };
    }

    private static void CheckValidity(
        CheckList checks, CertificateChain chain, DateTimeOffset? signingTime, DateTimeOffset now, GuestImagePolicy policy)
    {
        const string rule = "every certificate inside its validity";
        var atNow = chain.CheckValidity(now);
        if (atNow.Length == 0 || !policy.TrustClaimedSigningTime || signingTime is not { } claimed || claimed > now)
        {
            checks.Judge(CheckId.EndorsementChainValidity, atNow.Length == 0, rule, atNow.Length == 0 ? rule : atNow);
            return;
        }

        var atSigning = chain.CheckValidity(claimed);
        if (atSigning.Length == 0)
        {
            checks.Warn(
                CheckId.EndorsementChainValidity, $"{rule} at the time at which the signer says it signed, believed by the policy",
                $"{atNow}; the signer says {CommonChecks.Time(claimed)}");
        }
        else
        {
            checks.Judge(CheckId.EndorsementChainValidity, false, rule, atSigning);
        }
    }

    private static void CheckTrust(CheckList checks, string issuer, string feed, long svn, GuestImagePolicy policy)
    {
        var trusted = policy.Signers.Where(s => s.Did == issuer && s.Feed == feed).ToArray();
        var found = Signer(issuer, feed);
        checks.Judge(CheckId.EndorsementTrust, trusted.Length > 0, trusted.Length > 0 ? found : TrustRule(policy), found);
        if (trusted.Length > 0)
        {
            // Two entries for one feed: the stricter one counts.
            var minimum = trusted.Max(s => s.MinimumSvn);
            checks.Judge(CheckId.EndorsementSvn, svn >= minimum, $"at least {minimum}", svn.ToString(CultureInfo.InvariantCulture));
        }
    }

    // A policy that trusts one publisher says which, so that both sides can be held against each other.
    private static string TrustRule(GuestImagePolicy policy) => policy.Signers.Distinct().ToArray() switch
    {
        [] => "an issuer and feed that the policy trusts; it trusts none",
        [var only] => Signer(only.Did, only.Feed),
        var several => $"one of the {several.Length} issuers and feeds that the policy trusts",
    };

    private static string Signer(string issuer, string feed) => $"{issuer}, feed {Shown(feed)}";

    // The feed is text of the signer's choice; what leaves here is printable.
    private static string Shown(string feed) =>
        "'" + string.Concat(feed.Take(100).Select(c => char.IsAscii(c) && !char.IsControl(c) ? c : '?')) + "'";
}
