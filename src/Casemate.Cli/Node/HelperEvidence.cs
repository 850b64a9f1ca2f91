using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Snp;
using Casemate.Cli.Quotes;
using Casemate.Collateral;
using Casemate.Quoting;

namespace Casemate.Cli.Node;

/// <summary>Evidence of the node, made by its quote helper, in the JSON of the key broker protocol.</summary>
internal sealed class HelperEvidence(string socket, Tee tee, TimeProvider time) : IEvidenceProvider
{
    /// <inheritdoc/>
    public string Tee => KbsTee.NameOf(tee);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AskAsync(reportData, cancellationToken);
            var bundle = EvidenceBundle.Parse(answer, "the quote helper's answer");
            return tee switch
            {
                Attestation.Tee.Sgx => KbsEvidence.WriteSgx(bundle.Evidence.Span),
                Attestation.Tee.Tdx => KbsEvidence.WriteTdx(bundle.Evidence.Span, bundle.EventLog.Span),
                Attestation.Tee.Snp => KbsEvidence.WriteSnp(bundle.Evidence.Span, EndorsementsOf(bundle)),
                _ => throw new EvidenceProviderException($"Evidence of {Tee} is not known to the broker.", isTransient: false),
            };
        }
        catch (CliException exception)
        {
            throw new EvidenceProviderException(exception.Message, exception.ExitCode == ExitCode.Unreachable, exception);
        }
        catch (Exception exception) when (exception is MalformedInputException or ArgumentException)
        {
            throw new EvidenceProviderException(
                $"The quote helper's answer cannot be used: {exception.Message}", isTransient: false, exception);
        }
    }

    // A SEV-SNP guest's host hands over the certificates that go with its reports: the broker need not have those of every chip. All other
    // collateral comes from the broker's own source.
    private async Task<byte[]> AskAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        if (tee is Attestation.Tee.Snp)
        {
            try
            {
                return await EvidenceClient.GetAsync(socket, tee, reportData, wantsCollateral: true, cancellationToken);
            }
            catch (CliException exception) when (exception.ExitCode is ExitCode.Refused or ExitCode.Unreachable)
            {
                // There are none; the same report without them, then.
            }
        }

        return await EvidenceClient.GetAsync(socket, tee, reportData, wantsCollateral: false, cancellationToken);
    }

    private SnpEndorsements? EndorsementsOf(EvidenceFile bundle) => SnpEndorsementQuery.TryCreate(bundle.Evidence.Span) is { } chip
        ? bundle.Included.FindSnp(chip, time.GetUtcNow(), exact: false, out _)
        : null;
}
