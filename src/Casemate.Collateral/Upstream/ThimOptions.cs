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

    /// <summary>
    /// The certification base of a region, for TDX documents, asked before the cache; null: the cache alone. See
    /// <see cref="RegionalBase"/>. Default: null.
    /// </summary>
    public UpstreamEndpoint? Regional { get; init; }

    /// <summary>The certification base of a region: <c>https://REGION.thim.azure.net/sgx/certification/v4/</c>.</summary>
    /// <param name="region">As <see cref="AzureInstance.FindRegionAsync"/> finds it.</param>
    /// <exception cref="ArgumentException">It cannot be a region.</exception>
    public static UpstreamEndpoint RegionalBase(string region)
    {
        ArgumentNullException.ThrowIfNull(region);
        return AzureInstance.IsRegion(region)
            ? new UpstreamEndpoint { Address = new Uri($"https://{region}.thim.azure.net/sgx/certification/v4/") }
            : throw new ArgumentException("A region is 1 to 32 lower-case letters and digits.", nameof(region));
    }

    /// <summary>What the client calls itself. Default: <c>production_client</c>, which the cache expects.</summary>
    public string ClientId { get; init; } = "production_client";

    /// <summary>How long the metadata service is left alone after a failure. Default: 30 s.</summary>
    public TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromSeconds(30);
}
