using Casemate.Attestation;
using Casemate.Attestation.Dcap;

namespace Casemate.Collateral;

/// <summary>Puts together the collateral of one SGX or TDX quote from loose pieces.</summary>
internal sealed class DcapAssembly(CollateralPieces pieces, DcapCollateralQuery asked, DateTimeOffset at, bool exact)
{
    private const string TcbSigner = "TCB Signing";

    private readonly List<string> _missing = [];
    private CertificatePiece? _leaf;
    private DcapCollateralQuery? _completed;

    /// <summary>Puts it together, or says everything that is missing at once.</summary>
    public DcapCollateral? TryAssemble(out string problem)
    {
        if (asked.PckCertificate is { } wanted && (_leaf = FindLeaf(wanted)) is { } leaf)
        {
            _completed = asked.For(leaf.Certificate);
        }

        var tcbInfo = FindTcbInfo();
        var qeIdentity = Validity.Best(pieces.Documents.Where(d => d.Kind is DocumentKind.QeIdentity && d.Tee == Query.Tee), at);
        if (qeIdentity is null)
        {
            _missing.Add($"no QE identity for {Name(Query.Tee)}");
        }

        var pckCrl = FindPckCrl();
        var rootCrl = Validity.Best(pieces.Crls.Where(crl => !IsPckCa(crl.IssuerName) && !SnpAssembly.IsArk(crl.IssuerName)), at);
        if (rootCrl is null)
        {
            _missing.Add("no revocation list of the root CA");
        }

        var tcbInfoSigned = Signed(tcbInfo);
        var qeIdentitySigned = Signed(qeIdentity);
        problem = string.Join("; ", _missing.Distinct());
        if (tcbInfoSigned is null || qeIdentitySigned is null || pckCrl is null || rootCrl is null
            || (asked.PckCertificate is not null && _leaf is null))
        {
            return null;
        }

        return new DcapCollateral
        {
            TcbInfo = tcbInfoSigned,
            QeIdentity = qeIdentitySigned,
            RootCaCrl = rootCrl.Der,
            PckCrl = pckCrl.Der,
            PckCertificateChainPem = PckChain(),
        };
    }

    // What the quote asks for, completed by what the PCK certificate says where the quote does not carry it.
    private DcapCollateralQuery Query => _completed ?? asked;

    private static string Name(Tee tee) => tee.ToString().ToUpperInvariant();

    private static bool IsPckCa(string name) => name.Contains("PCK", StringComparison.Ordinal);

    private DocumentPiece? FindTcbInfo()
    {
        var ofTee = pieces.Documents.Where(d => d.Kind is DocumentKind.TcbInfo && d.Tee == Query.Tee).ToList();
        var platforms = ofTee.Select(d => d.Fmspc).Distinct().ToList();
        if (ofTee.Count == 0)
        {
            _missing.Add($"no TCB info for {Name(Query.Tee)}");
            return null;
        }

        if (Query.Fmspc.Length > 0 && platforms.Contains(Query.Fmspc))
        {
            return Validity.Best(ofTee.Where(d => d.Fmspc == Query.Fmspc), at);
        }

        if (platforms.Count == 1 && (Query.Fmspc.Length == 0 || !exact))
        {
            return Validity.Best(ofTee, at);
        }

        _missing.Add(Query.Fmspc.Length == 0
            ? $"TCB info of several platforms ({string.Join(", ", platforms)}), and the quote does not say which is its own"
            : $"no TCB info of platform (FMSPC) {Query.Fmspc}, only of {string.Join(", ", platforms)}");
        return null;
    }

    // The list of the other CA is still handed over if it is the only one: the verdict then shows whose list was expected.
    private CrlPiece? FindPckCrl()
    {
        var lists = pieces.Crls.Where(crl => IsPckCa(crl.IssuerName)).ToList();
        var wanted = Query.PlatformCa ? "Platform" : "Processor";
        var own = lists.Where(crl => crl.IssuerName.Contains(wanted, StringComparison.Ordinal)).ToList();
        var best = Validity.Best(own.Count > 0 ? own : lists, at);
        if (best is null)
        {
            _missing.Add($"no revocation list of the PCK {wanted} CA");
        }

        return best;
    }

    private SignedDocument? Signed(DocumentPiece? document)
    {
        if (document is null)
        {
            return null;
        }

        if (document.IssuerChainPem is { } chain)
        {
            return new SignedDocument(document.Body, document.Signature, chain);
        }

        // Two signer certificates with one key overlap in time; the one in force at the time of verification counts.
        var signer = Validity.Best(pieces.Certificates.Where(c => c.Name.Contains(TcbSigner, StringComparison.Ordinal)), at);
        if (signer is null)
        {
            _missing.Add("no TCB signing certificate");
            return null;
        }

        return new SignedDocument(document.Body, document.Signature, PemText.WriteCertificates(Upwards(signer)));
    }

    // Which PCK certificate, the quote says; which of several machines with an encrypted PPID, only the QE report's signature tells.
    private CertificatePiece? FindLeaf(PckCertificateQuery wanted)
    {
        var all = pieces.Certificates.Where(c => IsPckCa(c.IssuerName)).ToList();
        var agreeing = all.Where(c => wanted.Agrees(c.Certificate)).ToList();
        if (agreeing.Count > 1)
        {
            agreeing = agreeing.Find(c => wanted.IsSignedBy(c.Certificate)) is { } signer ? [signer] : agreeing;
        }

        var found = Validity.Best(agreeing.Count > 0 || exact ? agreeing : all, at);
        if (found is null)
        {
            _missing.Add(
                $"no PCK certificate for PCEID {Convert.ToHexStringLower(wanted.PceId.Span)}, PCESVN {wanted.PceSvn}, "
                + $"CPUSVN {Convert.ToHexStringLower(wanted.CpuSvn.Span)}, which the quote names instead of carrying it");
        }

        return found;
    }

    // Not an array: a null one would become an empty chain instead of none.
    private ReadOnlyMemory<byte>? PckChain()
    {
        // A quote that carries the certificate alone (type 4) still needs the CA that issued it.
        var start = asked.CertificationDataType is CertificationDataType.PckLeaf
            ? Validity.Best(
                pieces.Certificates.Where(
                    c => IsPckCa(c.Name) && c.Name.Contains(Query.PlatformCa ? "Platform" : "Processor", StringComparison.Ordinal)), at)
            : _leaf ?? Validity.Best(pieces.Certificates.Where(c => IsPckCa(c.IssuerName)), at);
        return start is null ? null : (ReadOnlyMemory<byte>?)PemText.WriteCertificates(Upwards(start));
    }

    // The certificate and its issuers by name, at most three: a chain of these has no more.
    private List<ReadOnlyMemory<byte>> Upwards(CertificatePiece start)
    {
        var chain = new List<ReadOnlyMemory<byte>> { start.Der };
        for (var current = start; chain.Count < 3 && !current.IsSelfIssued;)
        {
            var issuer = Validity.Best(pieces.Certificates.Where(c => c.IsAbout(current.Certificate.Issuer)), at);
            if (issuer is null)
            {
                break;
            }

            chain.Add(issuer.Der);
            current = issuer;
        }

        return chain;
    }
}
