using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>A PCK hierarchy made with the base library, any part of which can depart from the profile.</summary>
internal sealed class TestPki
{
    public static readonly DateTimeOffset Noon = Simulated.Noon.AddTicks(-(Simulated.Noon.Ticks % TimeSpan.TicksPerSecond));

    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestPki() => Root = Issue("Intel SGX Root CA", "Intel SGX Root CA", _rootKey, _rootKey, new Shape { IsCa = true, PathLength = 1 }, 1);

    /// <summary>What one certificate is like.</summary>
    public sealed record Shape
    {
        public string? Name { get; init; }

        public bool? IsCa { get; init; }

        public int? PathLength { get; init; }

        public bool OmitBasicConstraints { get; init; }

        public X509KeyUsageFlags? Usage { get; init; }

        public bool OmitUsage { get; init; }

        public ECCurve Curve { get; init; } = ECCurve.NamedCurves.nistP256;

        public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;

        public DateTimeOffset NotBefore { get; init; } = Noon.AddDays(-10);

        public DateTimeOffset NotAfter { get; init; } = Noon.AddDays(10);

        public bool SignedByStranger { get; init; }

        public X509Extension? Extra { get; init; }
    }

    public byte[] Root { get; }

    /// <summary>Makes leaf, CA and root with both lists.</summary>
    public PckInput Make(Shape? leaf = null, Shape? ca = null, int[]? revokedByRoot = null, int[]? revokedByCa = null)
    {
        ca = (ca ?? new Shape()) with { IsCa = ca?.IsCa ?? true };
        leaf ??= new Shape();
        using var caKey = ECDsa.Create(ca.Curve);
        using var leafKey = ECDsa.Create(leaf.Curve);
        var caName = ca.Name ?? "Intel SGX PCK Platform CA";
        byte[][] certificates =
        [
            Issue(leaf.Name ?? "Intel SGX PCK Certificate", caName, leafKey, caKey, leaf, 3),
            Issue(caName, "Intel SGX Root CA", caKey, _rootKey, ca, 2),
            Root,
        ];
        return new PckInput(
            certificates, List("Intel SGX Root CA", _rootKey, revokedByRoot ?? [], Noon), List(caName, caKey, revokedByCa ?? [], Noon), Root, Noon);
    }

    private static X500DistinguishedName Name(string name) => new($"CN={name}");

    private static byte[] List(string issuer, ECDsa key, int[] revoked, DateTimeOffset now)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var serial in revoked)
        {
            builder.AddEntry([(byte)serial], now.AddDays(-1));
        }

        return builder.Build(
            Name(issuer), X509SignatureGenerator.CreateForECDsa(key), 7, now.AddDays(5), HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new byte[20]), now.AddDays(-5));
    }

    private static byte[] Issue(string subject, string issuer, ECDsa key, ECDsa issuerKey, Shape shape, byte serial)
    {
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Name(subject), key, shape.Hash);
        var isCa = shape.IsCa ?? false;
        if (!shape.OmitBasicConstraints)
        {
            request.CertificateExtensions.Add(
                new X509BasicConstraintsExtension(isCa, isCa && shape.PathLength is not null, shape.PathLength ?? 0, true));
        }

        if (!shape.OmitUsage)
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(
                shape.Usage ?? (isCa ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.DigitalSignature), true));
        }

        if (shape.Extra is not null)
        {
            request.CertificateExtensions.Add(shape.Extra);
        }

        using var certificate = request.Create(
            Name(issuer), X509SignatureGenerator.CreateForECDsa(shape.SignedByStranger ? stranger : issuerKey), shape.NotBefore,
            shape.NotAfter, [serial]);
        return certificate.RawData;
    }
}
