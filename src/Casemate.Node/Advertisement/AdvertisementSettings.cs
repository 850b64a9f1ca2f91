using Casemate.Kubernetes;

namespace Casemate.Node.Advertisement;

/// <summary>What an operator decides about how a node offers its hardware.</summary>
public sealed record AdvertisementSettings
{
    /// <summary>The highest value of <see cref="EpcDeviceLimitMiB"/>: above it the kubelet stalls.</summary>
    public const int HighestDeviceLimitMiB = 16_384;

    /// <summary>The most pods that a resource without memory may be offered to.</summary>
    public const int HighestAccessCount = 4096;

    /// <summary>The defaults.</summary>
    public static readonly AdvertisementSettings Default = new();

    /// <summary>The one name under which EPC is published; null: by size. Default null.</summary>
    public ResourceFamily? Family { get; init; }

    /// <summary>
    /// Up to this much EPC, each MiB is a device; above, the amount stands in the node's status. 0 to 16,384 MiB, default 4096.
    /// </summary>
    public int EpcDeviceLimitMiB { get; init; } = 4096;

    /// <summary>EPC that is kept for the node's own enclaves. 0 or more MiB; default 0, 16 when quotes are made on the node.</summary>
    public long ReserveMiB { get; init; }

    /// <summary>How many pods may have the enclave device at the same time. 0 (not offered) to 4096, default 110.</summary>
    public int EnclaveCount { get; init; } = 110;

    /// <summary>How many pods may have the provisioning device at the same time. 0 (not offered) to 4096, default 110.</summary>
    public int ProvisionCount { get; init; } = 110;

    /// <summary>
    /// How many pods may have <see cref="AccessResource.Scone"/> at the same time. 0 (not offered) to 4096, default 0.
    /// </summary>
    public int SconeCount { get; init; }

    /// <summary>
    /// Offer one <see cref="AccessResource.QuotingEnclave"/> and one <see cref="AccessResource.Registration"/>, as Intel's plugin does
    /// for its quoting and registration services. Default false.
    /// </summary>
    public bool DcapInfrastructure { get; init; }

    /// <summary>Quotes are made by a helper on the node, whose socket containers are given; for a label. Default false.</summary>
    public bool QuoteHelper { get; init; }

    /// <summary>
    /// Offer everything by Dynamic Resource Allocation, and nothing as device plugin or in the node's status. Default false.
    /// </summary>
    public bool Dra { get; init; }

    /// <summary>Labels that users of other plugins select by: <c>tee</c>, Intel's two. Default true.</summary>
    public bool CompatibilityLabels { get; init; } = true;

    /// <summary>Labels below <c>casemate.dev/</c>. Default true.</summary>
    public bool OwnLabels { get; init; } = true;

    /// <summary>Taints the node with the published name, <c>NoSchedule</c>. Default false.</summary>
    public bool TaintByFamily { get; init; }

    /// <summary>Taints the node as AKS-Engine did: <c>openenclave.io/sgx_epc_MiB=true:NoSchedule</c>. Default false.</summary>
    public bool TaintAsAksEngine { get; init; }

    /// <summary>What is wrong with the values, each a sentence that says what to write instead; empty when nothing is.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Check(problems, "epc-device-limit-mib", EpcDeviceLimitMiB, HighestDeviceLimitMiB);
        Check(problems, "epc-reserve-mib", ReserveMiB, long.MaxValue >> 20);
        Check(problems, "enclave-count", EnclaveCount, HighestAccessCount);
        Check(problems, "provision-count", ProvisionCount, HighestAccessCount);
        Check(problems, "scone-count", SconeCount, HighestAccessCount);
        if (Dra && Family is not null)
        {
            problems.Add("dra and epc-resource are both set: with DRA no name carries EPC; drop one of the two.");
        }

        if (Dra && (SconeCount > 0 || DcapInfrastructure))
        {
            problems.Add(
                "dra is set beside scone-count or dcap-infrastructure: those are resources of the device plugin, which DRA takes the place of; "
                    + "drop one of them.");
        }

        return problems;
    }

    private static void Check(List<string> problems, string name, long value, long highest)
    {
        if (value < 0 || value > highest)
        {
            problems.Add($"{name} is {value}: use 0 to {highest}.");
        }
    }
}
