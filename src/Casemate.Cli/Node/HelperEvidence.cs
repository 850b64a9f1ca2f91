using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Cli.Quotes;
using Casemate.Collateral;
using Casemate.Quoting;

namespace Casemate.Cli.Node;

/// <summary>Evidence of the node, made by its quote helper, in the JSON of the key broker protocol.</summary>
internal sealed class HelperEvidence(string socket, Tee tee) : IEvidenceProvider
{
    /// <inheritdoc/>
    public string Tee => KbsTee.NameOf(tee);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        try
        {
            // Of SEV-SNP the helper may have the certificates that go with the report; the rest comes from the broker's own source.
            var answer = await EvidenceClient.GetAsync(socket, tee, reportData, wantsCollateral: false, cancellationToken);
            var bundle = EvidenceBundle.Parse(answer, "the quote helper's answer");
            return tee switch
            {
                Attestation.Tee.Sgx => KbsEvidence.WriteSgx(bundle.Evidence.Span),
                Attestation.Tee.Tdx => KbsEvidence.WriteTdx(bundle.Evidence.Span, bundle.EventLog.Span),
                Attestation.Tee.Snp => KbsEvidence.WriteSnp(bundle.Evidence.Span, null),
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
}
