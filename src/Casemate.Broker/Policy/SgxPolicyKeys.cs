using Casemate.Attestation.Policy;

namespace Casemate.Broker;

/// <summary>The keys of <c>sgx</c>.</summary>
internal static class SgxPolicyKeys
{
    private static readonly SgxPolicy DefaultSgx = new();

    public static PolicySection<SgxPolicy> Section { get; } = new(DefaultSgx,
    [
        PolicyKeys.HexList(
            "mrEnclaves", 32, "MRENCLAVE values that pass. An identity is named here, or by mrSigners with isvProdId and minimumIsvSvn.",
            p => p.MrEnclaves, (p, v) => p with { MrEnclaves = v }, DefaultSgx),
        PolicyKeys.HexList(
            "mrSigners", 32, "MRSIGNER values that pass.", p => p.MrSigners, (p, v) => p with { MrSigners = v }, DefaultSgx),
        PolicyKeys.OptionalNumber(
            "isvProdId", ushort.MaxValue, "Required ISVPRODID; needed beside mrSigners.",
            p => p.IsvProdId, (p, v) => p with { IsvProdId = (ushort?)v }, DefaultSgx),
        PolicyKeys.OptionalNumber(
            "minimumIsvSvn", ushort.MaxValue, "Lowest ISVSVN; needed beside mrSigners.",
            p => p.MinimumIsvSvn, (p, v) => p with { MinimumIsvSvn = (ushort?)v }, DefaultSgx),
        PolicyKeys.Flag(
            "acceptDebugEnclaves", "Accepts enclaves that a debugger can open. They protect nothing.",
            p => p.AcceptDebugEnclaves, (p, v) => p with { AcceptDebugEnclaves = v }, DefaultSgx),
        PolicyKeys.Flag(
            "acceptProvisionKey", "Accepts enclaves with the provisioning key.",
            p => p.AcceptProvisionKey, (p, v) => p with { AcceptProvisionKey = v }, DefaultSgx),
        PolicyKeys.Flag(
            "acceptEinitTokenKey", "Accepts enclaves with the launch-token key.",
            p => p.AcceptEinitTokenKey, (p, v) => p with { AcceptEinitTokenKey = v }, DefaultSgx),
        PolicyKeys.Masked(
            "attributes", 16, "ATTRIBUTES under a mask.", p => p.Attributes, (p, v) => p with { Attributes = v }, DefaultSgx),
        PolicyKeys.Bits(
            "toleratedReservedFlags", "Reserved bits of ATTRIBUTES that may be set.",
            p => p.ToleratedReservedFlags, (p, v) => p with { ToleratedReservedFlags = v }, DefaultSgx),
        PolicyKeys.Masked(
            "miscSelect", 4, "MISCSELECT under a mask, in memory order.", p => p.MiscSelect, (p, v) => p with { MiscSelect = v },
            DefaultSgx),
        PolicyKeys.Hex(
            "configId", 64, "Required CONFIGID (enclaves with KSS).", p => p.ConfigId, (p, v) => p with { ConfigId = v }, DefaultSgx),
        PolicyKeys.OptionalNumber(
            "minimumConfigSvn", ushort.MaxValue, "Lowest CONFIGSVN (enclaves with KSS).",
            p => p.MinimumConfigSvn, (p, v) => p with { MinimumConfigSvn = (ushort?)v }, DefaultSgx),
        PolicyKeys.Hex(
            "isvExtProdId", 16, "Required ISVEXTPRODID (enclaves with KSS).",
            p => p.IsvExtProdId, (p, v) => p with { IsvExtProdId = v }, DefaultSgx),
        PolicyKeys.Hex(
            "isvFamilyId", 16, "Required ISVFAMILYID (enclaves with KSS).",
            p => p.IsvFamilyId, (p, v) => p with { IsvFamilyId = v }, DefaultSgx),
        PolicyKeys.Section<SgxPolicy, PlatformPolicy>(
            "platform", PlatformPolicyKeys.Section, p => p.Platform, (p, v) => p with { Platform = v }),
    ]);
}
