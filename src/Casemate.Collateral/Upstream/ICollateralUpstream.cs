using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>
/// One remote source of raw collateral. It moves bytes and verifies nothing: whoever stores the answer verifies it first. One call,
/// one request (a few where a form wants it), no retries: those belong to the service. Safe for concurrent use.
/// </summary>
public interface ICollateralUpstream : IDisposable
{
    /// <summary>For people, logs and metrics: <c>Intel PCS</c>, <c>PCCS pccs.example:8081</c>.</summary>
    string Name { get; }

    /// <summary>Host and port: requests to one host share its limits and its circuit breaker.</summary>
    string Host { get; }

    /// <summary>Whether asking for this makes sense.</summary>
    bool Offers(CollateralKey key);

    /// <summary>Asks. A failure of any kind is an answer; only cancellation throws.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    ValueTask<UpstreamAnswer> FetchAsync(CollateralRequest request, CancellationToken cancellationToken);
}
