using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>
/// The certificate that all replicas show, the one that they will show next, and the authorities of both. Each certificate has an
/// authority of its own, whose key is thrown away once it has signed: nobody can make another. A new one is made known to the API server
/// for <see cref="Overlap"/> before it is shown, and the old one's authority stays known until its end.
/// </summary>
public sealed record CertificateSet
{
    /// <summary>How long a certificate lasts.</summary>
    public static readonly TimeSpan Validity = TimeSpan.FromDays(90);

    /// <summary>How long before its end the next is made.</summary>
    public static readonly TimeSpan RenewAhead = TimeSpan.FromDays(30);

    /// <summary>How long the API server knows the next before it is shown.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    private const int LongestPem = 64 * 1024;
    private const string Certificate = "tls.crt";
    private const string Key = "tls.key";
    private const string AuthoritiesKey = "ca.crt";
    private const string NextCertificate = "next.crt";
    private const string NextKey = "next.key";
    private const string NextSince = "next.since";

    private CertificateSet(ServingPair current, ServingPair? next, DateTimeOffset since, ImmutableArray<string> authorities) =>
        (Current, Next, Since, Authorities) = (current, next, since, authorities);

    /// <summary>The end of the certificate that is shown.</summary>
    public DateTimeOffset NotAfter => Current.NotAfter;

    /// <summary>The authorities that the API server shall know, PEM, one after the other.</summary>
    public string AuthoritiesPem => string.Concat(Authorities);

    internal ServingPair Current { get; }

    internal ServingPair? Next { get; }

    internal DateTimeOffset Since { get; }

    internal ImmutableArray<string> Authorities { get; }

    /// <summary>What is to be kept from now on.</summary>
    /// <param name="last">What was kept; null: nothing, or nothing that can be used.</param>
    /// <param name="names">The names under which the API server reaches the webhook.</param>
    /// <param name="now">The instant.</param>
    /// <returns><paramref name="last"/> itself when nothing is to be changed.</returns>
    public static CertificateSet Advance(CertificateSet? last, IReadOnlyList<string> names, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(names);
        ImmutableArray<string> known = last is null ? [] : [.. last.Authorities.Where(authority => !HasEnded(authority, now))];
        if (last is null || last.NotAfter <= now || !last.Current.Covers(names))
        {
            var (pair, authority) = ServingPair.Make(names, now, Validity);
            return new CertificateSet(pair, null, default, [.. known, authority]);
        }

        if (last.Next is { } next)
        {
            return now - last.Since >= Overlap && next.NotAfter > now ? new CertificateSet(next, null, default, known)
                : next.NotAfter <= now ? new CertificateSet(last.Current, null, default, known)
                : last;
        }

        if (last.NotAfter - now < RenewAhead)
        {
            var (pair, authority) = ServingPair.Make(names, now, Validity);
            return new CertificateSet(last.Current, pair, now, [.. known, authority]);
        }

        return known.Length == last.Authorities.Length ? last : new CertificateSet(last.Current, null, default, known);
    }

    /// <summary>Reads a Secret.</summary>
    /// <param name="secret">The Secret.</param>
    /// <returns>Null when it holds no such set, or one that cannot be used: a new one then takes its place.</returns>
    public static CertificateSet? TryRead(KubeObject secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var data = secret.MapAt("data");
        try
        {
            if (Text(data, Certificate) is not { } certificate || Text(data, Key) is not { } key
                || Text(data, AuthoritiesKey) is not { } authorities)
            {
                return null;
            }

            var next = Text(data, NextCertificate) is { } nextCertificate && Text(data, NextKey) is { } nextKey
                ? ServingPair.Read(nextCertificate, nextKey) : null;
            var since = DateTimeOffset.TryParse(
                Text(data, NextSince), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : default;
            return new CertificateSet(ServingPair.Read(certificate, key), next, since, [.. Split(authorities)]);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The members of the Secret's <c>data</c>; null removes one.</summary>
    internal JsonObject ToData() => new()
    {
        [Certificate] = Base64(Current.CertificatePem),
        [Key] = Base64(Current.KeyPem),
        [AuthoritiesKey] = Base64(AuthoritiesPem),
        [NextCertificate] = Next is null ? null : Base64(Next.CertificatePem),
        [NextKey] = Next is null ? null : Base64(Next.KeyPem),
        [NextSince] = Next is null ? null : Base64(Since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
    };

    // A record would print the keys.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(CultureInfo.InvariantCulture, $"NotAfter = {NotAfter:O}");
        return true;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private static string? Text(IReadOnlyDictionary<string, string> data, string key) =>
        data.TryGetValue(key, out var base64) && base64.Length is > 0 and < LongestPem
            ? Encoding.ASCII.GetString(Convert.FromBase64String(base64)) : null;

    private static bool HasEnded(string authority, DateTimeOffset now)
    {
        using var certificate = X509Certificate2.CreateFromPem(authority);
        return certificate.NotAfter.ToUniversalTime() <= now.UtcDateTime;
    }

    private static IEnumerable<string> Split(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        foreach (var certificate in all)
        {
            using (certificate)
            {
                yield return certificate.ExportCertificatePem() + "\n";
            }
        }
    }
}
