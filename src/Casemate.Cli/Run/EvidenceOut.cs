using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Collateral;
using Casemate.Primitives.Files;

namespace Casemate.Cli.Run;

/// <summary>Keeps the newest evidence in a file, with its collateral, so that <c>casemate verify</c> can judge it later.</summary>
/// <param name="path">The file.</param>
/// <param name="tee">The kind of evidence.</param>
/// <param name="collateral">Where its collateral comes from.</param>
/// <param name="time">The clock.</param>
internal sealed class EvidenceOut(string path, Tee tee, ICollateralSource collateral, TimeProvider time)
{
    /// <summary>Writes a bundle.</summary>
    /// <param name="evidence">The evidence's JSON.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> evidence)
    {
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        var raw = RawOf(evidence);
        var bundle = new EvidenceBundle { Tee = tee, Evidence = raw, Made = time.GetUtcNow() };
        bundle = tee is Tee.Snp
            ? bundle with { SnpEndorsements = await collateral.FindSnpEndorsementsAsync(SnpEndorsementQuery.TryCreate(raw)!, default) }
            : bundle with { DcapCollateral = await collateral.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(raw)!, default) };
        AtomicFile.Write(path, bundle.Write(), readable);
    }

    // Our own evidence: that it is well-formed is our own promise.
    private byte[] RawOf(ReadOnlyMemory<byte> evidence)
    {
        using var document = JsonDocument.Parse(evidence);
        var json = document.RootElement;
        return tee switch
        {
            Tee.Snp when KbsEvidence.TryReadSnp(json, out var snp, out _) => snp.Report,
            Tee.Sgx when KbsEvidence.TryReadSgx(json, out var quote, out _) => quote,
            Tee.Tdx when KbsEvidence.TryReadTdx(json, out var tdx, out _) => tdx.Quote,
            _ => throw new InvalidOperationException("The simulator made evidence that cannot be read back."),
        };
    }
}
