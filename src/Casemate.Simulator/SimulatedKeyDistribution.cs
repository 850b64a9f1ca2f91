using System.Security.Cryptography;
using Casemate.Attestation.Snp;

namespace Casemate.Simulator;

/// <summary>What AMD's key server would answer for one simulated machine. Safe for concurrent use. Source: AMD 57230, chapter 4.</summary>
public sealed class SimulatedKeyDistribution
{
    private readonly SimulatedSnp _snp;

    internal SimulatedKeyDistribution(SimulatedSnp snp, byte[] chipId) => (_snp, ChipId) = (snp, Convert.ToHexStringLower(chipId));

    /// <summary>Hardware id of the machine: 128 hex digits, 16 for Turin.</summary>
    public string ChipId { get; }

    /// <summary>The VCEK of the machine for a TCB, DER; null for another chip.</summary>
    /// <param name="chipId">Hex, any case.</param>
    /// <param name="tcb">Any TCB: the key server derives a key for each.</param>
    /// <param name="now">The instant of asking.</param>
    public byte[]? Vcek(string chipId, SnpTcb tcb, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(chipId);
        return chipId.Equals(ChipId, StringComparison.OrdinalIgnoreCase)
            ? Of(SnpSigner.Vcek, tcb).Endorsements(now).Vek.ToArray()
            : null;
    }

    /// <summary>The VLEK for a TCB, DER, as cloud providers get it.</summary>
    /// <param name="tcb">The TCB.</param>
    /// <param name="now">The instant of asking.</param>
    public byte[] Vlek(SnpTcb tcb, DateTimeOffset now) => Of(SnpSigner.Vlek, tcb).Endorsements(now).Vek.ToArray();

    /// <summary>ASK (or ASVK), then ARK, PEM.</summary>
    /// <param name="signer">VCEK for the ASK, VLEK for the ASVK.</param>
    /// <param name="now">The instant of asking.</param>
    public string ChainPem(SnpSigner signer, DateTimeOffset now)
    {
        var endorsements = Of(signer, _snp.Scenario.ReportedTcb).Endorsements(now);
        return $"{PemEncoding.WriteString("CERTIFICATE", endorsements.Ask.Span)}\n{PemEncoding.WriteString("CERTIFICATE", endorsements.Ark.Span)}\n";
    }

    /// <summary>The CRL of the ARK, DER.</summary>
    /// <param name="signer">The key server has an address for each kind of key.</param>
    /// <param name="now">The instant of asking.</param>
    public byte[] Crl(SnpSigner signer, DateTimeOffset now)
    {
        var snp = Of(signer, _snp.Scenario.ReportedTcb);
        return (snp.Scenario.OmitCrl ? snp.With(s => s with { OmitCrl = false }) : snp).Endorsements(now).Crl!.Value.ToArray();
    }

    private SimulatedSnp Of(SnpSigner signer, SnpTcb tcb) => _snp.Scenario.SigningKey == signer && _snp.Scenario.ReportedTcb == tcb
        ? _snp
        : _snp.With(s => s with { SigningKey = signer, ReportedTcb = tcb });
}
