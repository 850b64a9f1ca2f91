namespace Casemate.Node.NodeObject;

/// <summary>What a verifier said of the platform below one TEE of the node.</summary>
/// <param name="Tee">Which: a word of the label <c>tee</c>, such as <c>sgx</c> or <c>snp-host</c>.</param>
/// <param name="TcbSvn">Its security version as lowercase hex; empty when the evidence has none.</param>
/// <param name="Fmspc">Intel's family of the platform, 12 lowercase hex digits; empty for others.</param>
/// <param name="Status">One of <see cref="Statuses"/>; null when nobody judged it.</param>
public sealed record PlatformTcb(string Tee, string TcbSvn, string Fmspc, string? Status)
{
    /// <summary>Every status that a verifier may give: the names of Intel's TCB levels.</summary>
    public static IReadOnlyList<string> Statuses { get; } =
    [
        "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
        "OutOfDateConfigurationNeeded", "TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded", "Revoked", "NotSupported",
    ];
}
