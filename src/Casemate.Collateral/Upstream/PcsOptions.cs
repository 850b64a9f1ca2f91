namespace Casemate.Collateral.Upstream;

/// <summary>Settings of a client of Intel's Provisioning Certification Service.</summary>
public sealed record PcsOptions
{
    /// <summary>Where the service is. Default: <c>https://api.trustedservices.intel.com/</c>.</summary>
    public UpstreamEndpoint Endpoint { get; init; } = new() { Address = new Uri("https://api.trustedservices.intel.com/") };

    /// <summary>
    /// Where the root's CRL is. Default: <c>https://certificates.trustedservices.intel.com/IntelSGXRootCA.der</c>, the distribution point
    /// that the root certificate names.
    /// </summary>
    public UpstreamEndpoint RootCrl { get; init; } =
        new() { Address = new Uri("https://certificates.trustedservices.intel.com/IntelSGXRootCA.der") };

    /// <summary>File with the subscription key, which PCK certificates need; null: no PCK certificates are asked for.</summary>
    public string? SubscriptionKeyFile { get; init; }
}
