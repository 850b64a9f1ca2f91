using Casemate.Cli.Quotes;
using Casemate.Node.Cluster;

namespace Casemate.Cli.Node;

/// <summary>Whether the node's quote helper makes quotes: it has evidence of the node, or its attestation key is there.</summary>
internal sealed class HelperReadiness(string socket) : IQuoteReadiness
{
    /// <inheritdoc/>
    public async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            var description = await EvidenceClient.DescribeAsync(socket, cancellationToken);
            return description.Evidence.Count > 0 || description.CanQuoteEnclaves
                ? null
                : "The quote helper answers, and cannot make quotes yet: its log says why.";
        }
        catch (CliException exception)
        {
            var message = exception.Message;
            return char.ToUpperInvariant(message[0]) + message[1..] + ".";
        }
    }
}
