using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Cli.Output;
using Casemate.Collateral;
using Casemate.Primitives.Files;

namespace Casemate.Cli.Run;

/// <summary>Keeps the newest evidence in a file, with its collateral, so that <c>casemate verify</c> can judge it later.</summary>
/// <param name="path">The file.</param>
/// <param name="tee">The kind of evidence.</param>
/// <param name="collateral">Where its collateral comes from.</param>
/// <param name="time">The clock.</param>
/// <param name="account">Told when the file cannot be written; the workload gets its evidence all the same.</param>
internal sealed class EvidenceOut(string path, Tee tee, ICollateralSource collateral, TimeProvider time, RunAccount account)
{
    private const string Option = "--evidence-out";

    /// <summary>Says early that a file cannot be written, before anything is started.</summary>
    /// <exception cref="CliException">Its directory does not exist (exit code 3).</exception>
    public static void Check(string path)
    {
        OutputFile.Require(Option, path);
    }

    /// <summary>Writes a bundle.</summary>
    /// <param name="evidence">The evidence's JSON.</param>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> evidence)
    {
        var raw = RawOf(evidence);
        var bundle = new EvidenceBundle { Tee = tee, Evidence = raw, Made = time.GetUtcNow() };
        bundle = tee is Tee.Snp
            ? bundle with { SnpEndorsements = await collateral.FindSnpEndorsementsAsync(SnpEndorsementQuery.TryCreate(raw)!, default) }
            : bundle with { DcapCollateral = await collateral.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(raw)!, default) };
        try
        {
            AtomicFile.Write(path, bundle.Write(), OutputFile.Readable);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            account.Problem($"the evidence could not be kept in '{path}': {exception.Message} {OutputFile.RemedyFor(Option, exception)}");
        }
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
