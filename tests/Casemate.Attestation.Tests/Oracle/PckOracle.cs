using System.Security.Cryptography.X509Certificates;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>
/// The second implementation of the PCK chain check: <see cref="X509Chain"/>, a slow reader of revocation lists, and, by name, every
/// rule in which the library means to be stricter than the base library.
/// </summary>
internal sealed class PckOracle
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string EcdsaSha256 = "1.2.840.10045.4.3.2";

    /// <summary>Where the library is stricter on purpose: refuses what the base library takes.</summary>
    public static readonly (string Name, Func<Parts, bool> Refuses)[] Stricter =
    [
        ("bytes after a certificate", p => p.HasTrailingBytes),
        ("not exactly three certificates", p => p.All.Length != 3),
        ("names outside of the profile", p => !p.HasNamesOfTheProfile),
        ("another curve or hash than P-256 with SHA-256", p => p.All.Any(c => !IsP256(c))),
        ("a CA without keyUsage keyCertSign", p => p.Ca is { } ca && Usage(ca) is not { } usage || Lacks(p.Ca, X509KeyUsageFlags.KeyCertSign)),
        ("a PCK certificate without keyUsage digitalSignature", p => Usage(p.Leaf) is null || Lacks(p.Leaf, X509KeyUsageFlags.DigitalSignature)),
        ("a PCK certificate that is a CA", p => IsCa(p.Leaf)),
        ("a critical extension that Intel's profile does not have", p => p.All.Any(HasForeignCriticalExtension)),
    ];

    private readonly Dictionary<string, int> _decided = [];

    /// <summary>How often each rule of <see cref="Stricter"/> alone decided.</summary>
    public IReadOnlyDictionary<string, int> Decided => _decided;

    /// <summary>Whether the chain is good, by the base library and the named rules.</summary>
    public bool Accepts(PckInput input)
    {
        var loaded = input.Certificates.Select(FrameworkChain.TryLoad).ToArray();
        if (loaded.Any(c => c is null))
        {
            return false;
        }

        var root = X509CertificateLoader.LoadCertificate(input.PinnedRoot);
        var parts = Parts.Of([.. loaded.Select(c => c!)], root);
        if (parts is null || !FrameworkAccepts(parts, input))
        {
            return false;
        }

        parts = parts with { HasTrailingBytes = input.Certificates.Zip(parts.All).Any(c => c.First.Length != c.Second.RawDataMemory.Length) };
        var reasons = Stricter.Where(rule => rule.Refuses(parts)).Select(rule => rule.Name).ToArray();
        if (reasons is [var only])
        {
            _decided[only] = _decided.GetValueOrDefault(only) + 1;
        }

        return reasons.Length == 0;
    }

    // What a program would do that has the base library and no other: build, then ask both lists.
    private static bool FrameworkAccepts(Parts parts, PckInput input) =>
        FrameworkChain.Accepts(parts.Leaf, parts.All, parts.Root, input.At)
        && parts.Ca is { } ca
        && FrameworkCrl.TryRead(input.RootCrl) is { } rootCrl && rootCrl.Clears(parts.Root, input.At, ca)
        && FrameworkCrl.TryRead(input.PckCrl) is { } pckCrl && pckCrl.Clears(ca, input.At, parts.Leaf);

    private static bool IsP256(X509Certificate2 certificate)
    {
        using var key = FrameworkChain.TryReadKey(certificate);
        return key?.ExportParameters(false).Curve.Oid.Value == P256 && certificate.SignatureAlgorithm.Value == EcdsaSha256;
    }

    private static X509KeyUsageFlags? Usage(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages;

    private static bool Lacks(X509Certificate2? certificate, X509KeyUsageFlags flag) =>
        certificate is not null && Usage(certificate) is { } usage && !usage.HasFlag(flag);

    private static bool IsCa(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault()?.CertificateAuthority == true;

    private static bool HasForeignCriticalExtension(X509Certificate2 certificate) => certificate.Extensions.Any(
        e => e.Critical && e.Oid!.Value is not ("2.5.29.15" or "2.5.29.19" or "1.2.840.113741.1.13.1"));

    /// <summary>The certificates with the roles that they have.</summary>
    internal sealed record Parts(X509Certificate2[] All, X509Certificate2 Leaf, X509Certificate2? Ca, X509Certificate2 Root)
    {
        public bool HasTrailingBytes { get; init; }

        public bool HasNamesOfTheProfile =>
            NameOf(Leaf) == "Intel SGX PCK Certificate" && NameOf(Root) == "Intel SGX Root CA"
            && Ca is not null && NameOf(Ca) is "Intel SGX PCK Platform CA" or "Intel SGX PCK Processor CA";

        /// <summary>The leaf is what no other certificate names as its issuer; null when there is no such.</summary>
        public static Parts? Of(X509Certificate2[] all, X509Certificate2 root)
        {
            var leaf = Array.Find(all, c => !all.Any(o => o.IssuerName.RawData.AsSpan().SequenceEqual(c.SubjectName.RawData)));
            return leaf is null || !all.Any(c => c.RawDataMemory.Span.SequenceEqual(root.RawDataMemory.Span)) ? null : new Parts(
                all, leaf, Array.Find(all, c => c.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData)), root);
        }

        private static string NameOf(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
    }
}
