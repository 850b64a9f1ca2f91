namespace Casemate.Collateral.Upstream;

/// <summary>Settings of a client of Azure's Trusted Hardware Identity Management. Source: Azure DCAP client.</summary>
public sealed record ThimOptions
{
    /// <summary>
    /// The metadata service of a virtual machine: the primary source of its PCK certificate or VCEK. Default: the link-local address,
    /// with a second to its first byte, because where it is blocked nothing answers at all.
    /// </summary>
    public UpstreamEndpoint Metadata { get; init; } = new()
    {
        Address = new Uri("http://169.254.169.254/metadata/THIM/"),
        AllowUnprotectedHttp = true,
        FirstByteTimeout = TimeSpan.FromSeconds(1),
        Timeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>Azure's cache of Intel's documents. Default: <c>https://global.acccache.azure.net/sgx/certification/v4/</c>.</summary>
    public UpstreamEndpoint Cache { get; init; } = new() { Address = new Uri("https://global.acccache.azure.net/sgx/certification/v4/") };

    /// <summary>What the client calls itself. Default: <c>production_client</c>, which the cache expects.</summary>
    public string ClientId { get; init; } = "production_client";

    /// <summary>How long the metadata service is left alone after a failure. Default: 30 s.</summary>
    public TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromSeconds(30);
}
