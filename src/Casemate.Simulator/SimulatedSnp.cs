using Casemate.Attestation.Snp;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;

namespace Casemate.Simulator;

/// <summary>
/// A simulated AMD machine of one product line: security processor, firmware, key server. What it makes has the form of the real
/// thing in every byte, names included (third-party verifiers compare them). A comment extension in ARK, ASK and ASVK says that they
/// are simulated, and no verifier trusts their root unless told so. Safe for concurrent use.
/// </summary>
/// <example>
/// <code>
/// var snp = platform.Snp(SnpProduct.Genoa);
/// var report = snp.Report(new SimulatedGuest { Measurement = measurement }, reportData, version: 5);
/// var verdict = SnpReportVerifier.Verify(report, snp.Endorsements(now), platform.Allow(TrustRoots.Production), now, policy);
/// </code>
/// </example>
public sealed class SimulatedSnp
{
    private readonly InstallationSecret _secret;
    private readonly DateTimeOffset _created;
    private readonly SnpKeys _keys;
    private readonly bool _vlek;
    private readonly byte[] _chipId;
    private readonly Lazy<EcSigningKey> _vekKey;
    private readonly Lazy<EcSigningKey> _stranger;
    private readonly Lazy<byte[]> _vekDer;
    private readonly Lazy<byte[]> _askDer;
    private readonly Lock _documents = new();
    private (DateTimeOffset Day, SnpEndorsements Endorsements)? _latest;

    internal SimulatedSnp(InstallationSecret secret, DateTimeOffset created, SnpKeys keys, SnpScenario scenario)
    {
        _secret = secret;
        _created = created;
        _keys = keys;
        Scenario = scenario;
        _vlek = scenario.SigningKey is SnpSigner.Vlek;
        _chipId = scenario.ChipId ?? secret.Bytes(SnpReportWriter.ChipIdSize(Product), $"snp/{Product}/chip-id");
        FieldSize.Require(_chipId, SnpReportWriter.ChipIdSize(Product), nameof(scenario.ChipId));
        _vekKey = new(() => secret.P384(_vlek ? "snp/vlek" : "snp/vcek", Vek.DerivationContext(scenario, Product, _vlek, _chipId)));
        _stranger = new(() => secret.P384("snp/stranger"));
        _vekDer = new(MakeVek);
        _askDer = new(MakeAsk);
    }

    /// <summary>The product line.</summary>
    public SnpProduct Product => _keys.Product;

    /// <summary>What the machine and the key server are like. Default: everything in order, see <see cref="SnpScenario"/>.</summary>
    public SnpScenario Scenario { get; }

    /// <summary>The root certificate: what a verifier must be told to accept. The same in every scenario of one installation.</summary>
    public byte[] ArkDer => [.. _keys.Ark.Der];

    /// <summary>The same installation (keys, root) in another scenario; this instance stays as it is.</summary>
    /// <param name="change">Gets the present scenario, returns the new one.</param>
    /// <exception cref="ArgumentException">The chip id has the wrong size.</exception>
    public SimulatedSnp With(Func<SnpScenario, SnpScenario> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new SimulatedSnp(_secret, _created, _keys, change(Scenario));
    }

    /// <summary>Makes an attestation report.</summary>
    /// <param name="guest">The guest that asks.</param>
    /// <param name="reportData">Exactly 64 bytes, put into the report unchanged.</param>
    /// <param name="version">Report version: 2, 3, 4 or 5.</param>
    /// <returns>The report, 1184 bytes.</returns>
    /// <exception cref="ArgumentException">A field has the wrong size, or the version is another one.</exception>
    public byte[] Report(SimulatedGuest guest, ReadOnlySpan<byte> reportData, int version = 3)
    {
        ArgumentNullException.ThrowIfNull(guest);
        if (version is < 2 or > 5)
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, "Reports have version 2, 3, 4 or 5.");
        }

        var reportId = guest.ReportId ?? _secret.Bytes(32, $"snp/{Product}/report-id", guest.Measurement);
        var report = SnpReportWriter.Write(guest, Scenario, Product, _chipId, reportId, version, reportData);
        if (Scenario.SigningKey is not SnpSigner.None)
        {
            var key = Scenario.Signers.Report is SignedBy.Owner ? _vekKey.Value : _stranger.Value;
            SnpReportWriter.PutSignature(report, key.SignFixed(report.AsSpan(0, SnpReportWriter.SignedSize)));
        }

        return report;
    }

    /// <summary>
    /// What the key server would deliver at <paramref name="now"/>: VCEK (or VLEK), ASK (or ASVK), ARK, and a CRL issued at the begin of
    /// that day (UTC), good for 30 days. Calls within one day return the same instance. All DER.
    /// </summary>
    /// <param name="now">The instant of asking.</param>
    public SnpEndorsements Endorsements(DateTimeOffset now)
    {
        var day = Validity.Day(now);
        lock (_documents)
        {
            if (_latest is not { } latest || latest.Day != day)
            {
                latest = (day, MakeEndorsements(day));
                _latest = latest;
            }

            return latest.Endorsements;
        }
    }

    /// <summary>What AMD's key server would answer for this machine.</summary>
    public SimulatedKeyDistribution KeyDistribution => new(this, _chipId);

    private Lazy<RsaSigningKey> IssuingKey => _vlek ? _keys.AsvkKey : _keys.AskKey;

    private SnpEndorsements MakeEndorsements(DateTimeOffset day) => new()
    {
        Vek = _vekDer.Value,
        Ask = _askDer.Value,
        Ark = ArkDer,
        Crl = Scenario.OmitCrl ? null : MakeCrl(day),
    };

    private byte[] MakeVek() => new CertificateTemplate
    {
        Subject = DistinguishedName.Amd(_vlek ? "SEV-VLEK" : "SEV-VCEK"),
        Issuer = SnpKeys.AuthorityName(Product, _vlek).With(Oids.CommonName, Scenario.Certificates.Ask.CommonName),
        SerialNumber = [0],
        NotBefore = Validity.Begin(_created),
        NotAfter = Validity.End(_created),
        SubjectKey = _vekKey.Value,
        Extensions = Vek.ExtensionsOf(Scenario, Product, _vlek, _chipId),
    }.With(Scenario.Certificates.Vek).Sign(Scenario.Signers.Vek is SignedBy.Owner ? IssuingKey.Value : _keys.ArkKey.Value);

    // In its proper form the stored certificate, so that its bytes stay the same from run to run.
    private byte[] MakeAsk()
    {
        var changes = Scenario.Certificates.Ask;
        var signer = Scenario.Signers.Ask;
        if (changes == CertificateChanges.None && signer is SignedBy.Owner)
        {
            return [.. _vlek ? _keys.Asvk.Der : _keys.Ask.Der];
        }

        var template = SnpKeys.AuthorityTemplate(Product, _vlek, IssuingKey.Value, _keys.ArkKey.Value, _created);
        return template.With(changes).Sign(signer is SignedBy.Owner ? _keys.ArkKey.Value : IssuingKey.Value);
    }

    private byte[] MakeCrl(DateTimeOffset day)
    {
        var revoked = new List<byte[]>();
        if (Scenario.Revoked.Contains(SnpCertificate.Ask))
        {
            revoked.Add(Scenario.Certificates.Ask.SerialNumber ?? SnpKeys.SerialNumber(Product, _vlek ? 0x0101 : 0x0001));
        }

        if (Scenario.Revoked.Contains(SnpCertificate.Vek))
        {
            revoked.Add(Scenario.Certificates.Vek.SerialNumber ?? [0]);
        }

        return new CrlTemplate
        {
            Issuer = SnpKeys.RootName(Product),
            IssuerKey = _keys.ArkKey.Value,
            ThisUpdate = day,
            NextUpdate = Validity.NextUpdate(day),
            RevokedSerials = revoked,
        }.Sign(Scenario.Signers.Crl is SignedBy.Owner ? _keys.ArkKey.Value : _keys.AskKey.Value, Scenario.Crl);
    }
}
