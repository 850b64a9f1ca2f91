using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>Makes claim templates at the API server.</summary>
/// <param name="client">The API server; stays the caller's.</param>
public sealed class KubeClaimTemplates(KubeClient client) : IClaimTemplates
{
    // Within the API server's patience for the whole review.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async ValueTask<string?> EnsureAsync(
        string namespaceName, IReadOnlyList<ClaimTemplate> templates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(templates);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = client.Time.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), patience, Patience, Timeout.InfiniteTimeSpan);
        try
        {
            foreach (var template in templates)
            {
                await EnsureAsync(namespaceName, template, patience.Token).ConfigureAwait(false);
            }

            return null;
        }
        catch (Exception exception) when (exception is KubeException or KubeConfigurationException or ArgumentException)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "the API server did not answer within 2 seconds";
        }
    }

    private async Task EnsureAsync(string namespaceName, ClaimTemplate template, CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateAsync(KubeResource.ResourceClaimTemplates, namespaceName, template.ToObject(), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (KubeException exception) when (exception.IsAlreadyExists)
        {
            // Its specification cannot be changed once it is there, and its name says what it is.
        }
    }
}
