using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// Keys and certificates of one installation under one scenario: shapes, names and extensions as in Intel's chains (Intel SGX PCK
/// Certificate and CRL Profile), made when first needed. The root certificate is the installation's and the same in every scenario.
/// </summary>
internal sealed class DcapPki
{
    private const string RootName = "Intel SGX Root CA";

    // Intel's profile wants a distribution point in every certificate, and verifiers check that it is there. The top-level
    // domain .invalid never resolves (RFC 6761): nobody is sent to a real service for a simulated list.
    private const string RootCrlUrl = "https://simulator.casemate.invalid/sgx/certification/v4/rootcacrl";

    private readonly InstallationSecret _secret;
    private readonly DcapScenario _scenario;
    private readonly DateTimeOffset _created;
    private readonly Lazy<EcSigningKey> _rootKey;
    private readonly Lazy<EcSigningKey> _caKey;
    private readonly Lazy<EcSigningKey> _pckKey;
    private readonly Lazy<EcSigningKey> _tcbSignerKey;
    private readonly Lazy<EcSigningKey> _stranger;
    private readonly Lazy<byte[]> _caDer;
    private readonly Lazy<byte[]> _pckDer;
    private readonly Lazy<byte[]> _tcbSignerDer;

    public DcapPki(InstallationSecret secret, DateTimeOffset created, byte[] rootDer, DcapScenario scenario)
    {
        _secret = secret;
        _created = created;
        _scenario = scenario;
        RootDer = rootDer;
        var machine = scenario.Machine;
        Ppid = machine.Ppid ?? secret.Bytes(16, "sgx/ppid");
        PlatformInstanceId = machine.PlatformInstanceId ?? secret.Bytes(16, "sgx/platform-instance-id");
        SgxExtension = PckExtension.Encode(machine, Ppid, PlatformInstanceId);
        _rootKey = new(() => RootKeyOf(secret));
        _caKey = new(() => secret.P256(machine.PlatformCa ? "sgx/platform-ca" : "sgx/processor-ca"));
        _pckKey = new(() => secret.P256("sgx/pck", SgxExtension));
        _tcbSignerKey = new(() => secret.P256("sgx/tcb-signer"));
        _stranger = new(() => secret.P256("sgx/stranger"));
        _caDer = new(MakeCa);
        _pckDer = new(MakePck);
        _tcbSignerDer = new(MakeTcbSigner);
    }

    public byte[] RootDer { get; }

    public byte[] CaDer => _caDer.Value;

    public byte[] PckDer => _pckDer.Value;

    public byte[] TcbSignerDer => _tcbSignerDer.Value;

    public byte[] Ppid { get; }

    public byte[] PlatformInstanceId { get; }

    /// <summary>Content of the PCK certificate's SGX extension.</summary>
    public byte[] SgxExtension { get; }

    /// <summary>The PCK chain as quotes carry it: leaf, CA, root; PEM with line feeds.</summary>
    public string PckChainPem => Pem(PckDer, CaDer, RootDer);

    /// <summary>The issuer chain of TCB info and QE identity: signer, root.</summary>
    public string TcbSignerChainPem => Pem(TcbSignerDer, RootDer);

    /// <summary>A stand-in for the PPID under the public key of Intel's service: opaque bytes that depend on the PPID.</summary>
    public byte[] EncryptedPpid(int size) => _secret.Bytes(size, "sgx/encrypted-ppid", Ppid);

    /// <summary>The key that should sign, or a stranger's.</summary>
    public EcSigningKey PckKey(SignedBy by) => Choose(_pckKey, by);

    /// <summary>The key that should sign, or a stranger's.</summary>
    public EcSigningKey TcbSignerKey(SignedBy by) => Choose(_tcbSignerKey, by);

    /// <summary>Makes the self-signed root of a new installation.</summary>
    public static byte[] MakeRoot(InstallationSecret secret, DateTimeOffset created)
    {
        var key = RootKeyOf(secret);
        return new CertificateTemplate
        {
            Subject = DistinguishedName.Intel(RootName),
            Issuer = DistinguishedName.Intel(RootName),
            SerialNumber = key.KeyIdentifier,
            NotBefore = Validity.Begin(created),
            NotAfter = Validity.End(created),
            SubjectKey = key,
            Extensions = AuthorityExtensions(key, key, RootCrlUrl, pathLength: 1),
        }.Sign(key);
    }

    /// <summary>The public key that the root certificate must hold.</summary>
    public static byte[] RootPublicKeyInfo(InstallationSecret secret) => RootKeyOf(secret).SubjectPublicKeyInfo;

    public byte[] MakeRootCrl(DateTimeOffset thisUpdate, DateTimeOffset nextUpdate)
    {
        var revoked = new List<byte[]>();
        AddIfRevoked(revoked, DcapCertificate.PckCa, CaSerial);
        AddIfRevoked(revoked, DcapCertificate.TcbSigner, TcbSignerSerial);
        return new CrlTemplate
        {
            Issuer = DistinguishedName.Intel(RootName),
            IssuerKey = _rootKey.Value,
            ThisUpdate = thisUpdate,
            NextUpdate = nextUpdate,
            RevokedSerials = revoked,
        }.Sign(Choose(_rootKey, _scenario.Signers.RootCrl), _scenario.RootCrl);
    }

    public byte[] MakePckCrl(DateTimeOffset thisUpdate, DateTimeOffset nextUpdate)
    {
        var revoked = new List<byte[]>();
        AddIfRevoked(revoked, DcapCertificate.Pck, PckSerial);
        return new CrlTemplate
        {
            Issuer = CaName,
            IssuerKey = _caKey.Value,
            ThisUpdate = thisUpdate,
            NextUpdate = nextUpdate,
            RevokedSerials = revoked,
        }.Sign(Choose(_caKey, _scenario.Signers.PckCrl), _scenario.PckCrl);
    }

    private string CaKind => _scenario.Machine.PlatformCa ? "platform" : "processor";

    private DistinguishedName CaName => DistinguishedName
        .Intel(_scenario.Machine.PlatformCa ? "Intel SGX PCK Platform CA" : "Intel SGX PCK Processor CA")
        .With(Oids.CommonName, _scenario.Certificates.PckCa.CommonName);

    private byte[] CaSerial => _scenario.Certificates.PckCa.SerialNumber ?? _caKey.Value.KeyIdentifier;

    private byte[] TcbSignerSerial => _scenario.Certificates.TcbSigner.SerialNumber ?? _tcbSignerKey.Value.KeyIdentifier;

    private byte[] PckSerial
    {
        get
        {
            if (_scenario.Certificates.Pck.SerialNumber is { } chosen)
            {
                return chosen;
            }

            var serial = _secret.Bytes(20, "sgx/pck-serial", SgxExtension);
            serial[0] = (byte)((serial[0] & 0x7F) | 0x40);                 // 20 bytes in DER, as RFC 5280 section 4.1.2.2 allows at most
            return serial;
        }
    }

    private static EcSigningKey RootKeyOf(InstallationSecret secret) => secret.P256("sgx/root");

    private static string Pem(params ReadOnlySpan<byte[]> certificates)
    {
        var text = "";
        foreach (var der in certificates)
        {
            text += PemEncoding.WriteString("CERTIFICATE", der) + "\n";
        }

        return text;
    }

    private static ImmutableArray<CertificateExtension> AuthorityExtensions(
        SigningKey subject, SigningKey issuer, string crlUrl, int pathLength) =>
    [
        Extensions.AuthorityKeyIdentifier(issuer),
        Extensions.CrlDistributionPoint(crlUrl),
        Extensions.SubjectKeyIdentifier(subject),
        Extensions.KeyUsage(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign),
        Extensions.BasicConstraints(isAuthority: true, pathLength),
    ];

    private static ImmutableArray<CertificateExtension> LeafExtensions(
        SigningKey subject, SigningKey issuer, string crlUrl) =>
    [
        Extensions.AuthorityKeyIdentifier(issuer),
        Extensions.CrlDistributionPoint(crlUrl),
        Extensions.SubjectKeyIdentifier(subject),
        Extensions.KeyUsage(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation),
        Extensions.BasicConstraints(isAuthority: false, pathLength: null),
    ];

    private byte[] MakeCa() => new CertificateTemplate
    {
        Subject = CaName,
        Issuer = DistinguishedName.Intel(RootName),
        SerialNumber = _caKey.Value.KeyIdentifier,
        NotBefore = Validity.Begin(_created),
        NotAfter = Validity.End(_created),
        SubjectKey = _caKey.Value,
        Extensions = AuthorityExtensions(_caKey.Value, _rootKey.Value, RootCrlUrl, pathLength: 0),
    }.With(_scenario.Certificates.PckCa).Sign(Choose(_rootKey, _scenario.Signers.PckCa));

    private byte[] MakePck() => new CertificateTemplate
    {
        Subject = DistinguishedName.Intel("Intel SGX PCK Certificate"),
        Issuer = CaName,
        SerialNumber = PckSerial,
        NotBefore = Validity.Begin(_created),
        NotAfter = Validity.End(_created),
        SubjectKey = _pckKey.Value,
        Extensions =
        [
            .. LeafExtensions(
                _pckKey.Value,
                _caKey.Value,
                $"https://simulator.casemate.invalid/sgx/certification/v4/pckcrl?ca={CaKind}&encoding=der"),
            new CertificateExtension(Oids.SgxExtension, Critical: false, SgxExtension),
        ],
    }.With(_scenario.Certificates.Pck).Sign(Choose(_caKey, _scenario.Signers.Pck));

    private byte[] MakeTcbSigner() => new CertificateTemplate
    {
        Subject = DistinguishedName.Intel("Intel SGX TCB Signing"),
        Issuer = DistinguishedName.Intel(RootName),
        SerialNumber = TcbSignerSerial,
        NotBefore = Validity.Begin(_created),
        NotAfter = Validity.End(_created),
        SubjectKey = _tcbSignerKey.Value,
        Extensions = LeafExtensions(_tcbSignerKey.Value, _rootKey.Value, RootCrlUrl),
    }.With(_scenario.Certificates.TcbSigner).Sign(Choose(_rootKey, _scenario.Signers.TcbSigner));

    private void AddIfRevoked(List<byte[]> revoked, DcapCertificate certificate, byte[] serial)
    {
        if (_scenario.Revoked.Contains(certificate))
        {
            revoked.Add(serial);
        }
    }

    private EcSigningKey Choose(Lazy<EcSigningKey> owner, SignedBy by) => by switch
    {
        SignedBy.Owner => owner.Value,
        SignedBy.Stranger => _stranger.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(by), by, "Unknown signer."),
    };
}
