using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Snp;

/// <summary>
/// The certificate authorities of one product line in one installation: private keys and certificates as they are stored. RSA-4096
/// keys take about a second each to make, so ARK and ASK are made at the same time, and the ASVK only when a VLEK is asked for.
/// </summary>
internal sealed class SnpKeys
{
    private const string Comment = "Casemate Simulator root: no hardware stands behind this key. Not a certificate of AMD.";

    private readonly DateTimeOffset _created;
    private readonly Action _changed;
    private readonly Lock _making = new();
    private (byte[] Key, byte[] Der)? _asvk;

    public SnpKeys(
        SnpProduct product, DateTimeOffset created, Action changed, (byte[] Key, byte[] Der) ark, (byte[] Key, byte[] Der) ask,
        (byte[] Key, byte[] Der)? asvk)
    {
        Product = product;
        Ark = ark;
        Ask = ask;
        _asvk = asvk;
        _created = created;
        _changed = changed;
        ArkKey = new(() => RsaSigningKey.FromPkcs8(ark.Key, explicitTrailer: true));
        AskKey = new(() => RsaSigningKey.FromPkcs8(ask.Key, explicitTrailer: false));
        AsvkKey = new(() => RsaSigningKey.FromPkcs8(Asvk.Key, explicitTrailer: false));
    }

    public SnpProduct Product { get; }

    /// <summary>PKCS#8 and certificate of the ARK.</summary>
    public (byte[] Key, byte[] Der) Ark { get; }

    /// <summary>PKCS#8 and certificate of the ASK.</summary>
    public (byte[] Key, byte[] Der) Ask { get; }

    /// <summary>PKCS#8 and certificate of the ASVK; made when first asked for.</summary>
    public (byte[] Key, byte[] Der) Asvk
    {
        get
        {
            lock (_making)
            {
                if (_asvk is not { } made)
                {
                    var pkcs8 = RsaSigningKey.GeneratePkcs8();
                    var key = RsaSigningKey.FromPkcs8(pkcs8, explicitTrailer: false);
                    made = (pkcs8, AuthorityTemplate(Product, vlek: true, key, ArkKey.Value, _created).Sign(ArkKey.Value));
                    _asvk = made;
                    _changed();
                }

                return made;
            }
        }
    }

    /// <summary>The ASVK if it was made already.</summary>
    public (byte[] Key, byte[] Der)? AsvkIfMade
    {
        get
        {
            lock (_making)
            {
                return _asvk;
            }
        }
    }

    public Lazy<RsaSigningKey> ArkKey { get; }

    public Lazy<RsaSigningKey> AskKey { get; }

    public Lazy<RsaSigningKey> AsvkKey { get; }

    /// <summary>Makes the authorities of a product line.</summary>
    public static SnpKeys Create(SnpProduct product, DateTimeOffset created, Action changed)
    {
        var arkTask = Task.Run(RsaSigningKey.GeneratePkcs8);
        var askPkcs8 = RsaSigningKey.GeneratePkcs8();
        var arkPkcs8 = arkTask.GetAwaiter().GetResult();

        var ark = RsaSigningKey.FromPkcs8(arkPkcs8, explicitTrailer: true);
        var ask = RsaSigningKey.FromPkcs8(askPkcs8, explicitTrailer: false);
        var arkDer = RootTemplate(product, ark, created).Sign(ark);
        var askDer = AuthorityTemplate(product, vlek: false, ask, ark, created).Sign(ark);
        return new SnpKeys(product, created, changed, (arkPkcs8, arkDer), (askPkcs8, askDer), asvk: null);
    }

    /// <summary>Name of the ASK or ASVK.</summary>
    public static DistinguishedName AuthorityName(SnpProduct product, bool vlek) =>
        DistinguishedName.Amd((vlek ? "SEV-VLEK-" : "SEV-") + product);

    /// <summary>Name of the ARK.</summary>
    public static DistinguishedName RootName(SnpProduct product) => DistinguishedName.Amd("ARK-" + product);

    /// <summary>The ASK's or ASVK's certificate before it is signed.</summary>
    public static CertificateTemplate AuthorityTemplate(
        SnpProduct product, bool vlek, SigningKey subject, SigningKey issuer, DateTimeOffset created)
    {
        return new CertificateTemplate
        {
            Subject = AuthorityName(product, vlek),
            Issuer = RootName(product),
            SerialNumber = SerialNumber(product, vlek ? 0x0101 : 0x0001),
            NotBefore = Validity.Begin(created),
            NotAfter = Validity.End(created),
            SubjectKey = subject,
            Extensions =
            [
                Extensions.SubjectKeyIdentifier(subject),
                Extensions.AuthorityKeyIdentifier(issuer),
                Extensions.BasicConstraints(isAuthority: true, pathLength: 0),
                Extensions.KeyUsage(X509KeyUsageFlags.KeyCertSign),
                Extensions.CrlDistributionPoint(CrlUrl(product, vlek)),
                Extensions.Comment(Comment),
            ],
        };
    }

    /// <summary>
    /// Numbers in the manner of AMD: for Milan 0x010000 (ARK), 0x010001 (ASK), 0x010101 (ASVK); the first byte counts product lines.
    /// </summary>
    public static byte[] SerialNumber(SnpProduct product, int number) => [(byte)(1 + (int)product), (byte)(number >> 8), (byte)number];

    private static CertificateTemplate RootTemplate(SnpProduct product, SigningKey key, DateTimeOffset created) => new()
    {
        Subject = RootName(product),
        Issuer = RootName(product),
        SerialNumber = SerialNumber(product, 0),
        NotBefore = Validity.Begin(created),
        NotAfter = Validity.End(created),
        SubjectKey = key,
        Extensions =
        [
            Extensions.KeyUsage(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign),
            Extensions.SubjectKeyIdentifier(key),
            Extensions.BasicConstraints(isAuthority: true, pathLength: null),
            Extensions.CrlDistributionPoint(CrlUrl(product, vlek: false)),
            Extensions.Comment(Comment),
        ],
    };

    // Verifiers compare this address with AMD's, so it must be AMD's. The list found there is AMD's own and does not verify under
    // a simulated ARK; hand verifiers the simulator's list.
    private static string CrlUrl(SnpProduct product, bool vlek) => $"https://kdsintf.amd.com/{(vlek ? "vlek" : "vcek")}/v1/{product}/crl";
}
