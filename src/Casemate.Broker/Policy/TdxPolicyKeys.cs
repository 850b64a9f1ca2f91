using System.Collections.Immutable;
using Casemate.Attestation.Policy;

namespace Casemate.Broker;

/// <summary>The keys of <c>tdx</c>.</summary>
internal static class TdxPolicyKeys
{
    private static readonly TdxPolicy DefaultTdx = new();

    public static PolicySection<TdxPolicy> Section { get; } = new(DefaultTdx,
    [
        PolicyKeys.HexList(
            "mrTds", 48, "MRTD values that pass; they name the identity.", p => p.MrTds, (p, v) => p with { MrTds = v }, DefaultTdx),
        Rtmr(0), Rtmr(1), Rtmr(2), Rtmr(3),
        PolicyKeys.HexList(
            "mrConfigIds", 48, "MRCONFIGID values that pass; empty: any.", p => p.MrConfigIds, (p, v) => p with { MrConfigIds = v },
            DefaultTdx),
        PolicyKeys.HexList(
            "mrOwners", 48, "MROWNER values that pass; empty: any.", p => p.MrOwners, (p, v) => p with { MrOwners = v }, DefaultTdx),
        PolicyKeys.HexList(
            "mrOwnerConfigs", 48, "MROWNERCONFIG values that pass; empty: any.",
            p => p.MrOwnerConfigs, (p, v) => p with { MrOwnerConfigs = v }, DefaultTdx),
        PolicyKeys.HexList(
            "mrSeams", 48, "MRSEAM values (TDX modules) that pass; empty: any that the collateral accepts.",
            p => p.MrSeams, (p, v) => p with { MrSeams = v }, DefaultTdx),
        PolicyKeys.HexList(
            "mrServiceTds", 48, "MRSERVICETD values that pass beside all-zero; empty: only zero.",
            p => p.MrServiceTds, (p, v) => p with { MrServiceTds = v }, DefaultTdx),
        PolicyKeys.Flag(
            "acceptAnyServiceTd", "Accepts any MRSERVICETD.",
            p => p.AcceptAnyServiceTd, (p, v) => p with { AcceptAnyServiceTd = v }, DefaultTdx),
        PolicyKeys.Flag(
            "acceptDebugTds", "Accepts TDs that the host can debug. They protect nothing.",
            p => p.AcceptDebugTds, (p, v) => p with { AcceptDebugTds = v }, DefaultTdx),
        PolicyKeys.Flag(
            "acceptSeptVe", "Accepts TDs without SEPT_VE_DISABLE, whose kernel a host can confuse by unmapping pages.",
            p => p.AcceptSeptVe, (p, v) => p with { AcceptSeptVe = v }, DefaultTdx),
        PolicyKeys.Flag(
            "acceptMigratable", "Accepts TDs that can be migrated.",
            p => p.AcceptMigratable, (p, v) => p with { AcceptMigratable = v }, DefaultTdx),
        PolicyKeys.Masked(
            "tdAttributes", 8, "TDATTRIBUTES under a mask.", p => p.TdAttributes, (p, v) => p with { TdAttributes = v }, DefaultTdx),
        PolicyKeys.Bits(
            "toleratedReservedTdAttributes", "Reserved bits of TDATTRIBUTES that may be set.",
            p => p.ToleratedReservedTdAttributes, (p, v) => p with { ToleratedReservedTdAttributes = v }, DefaultTdx),
        PolicyKeys.Masked("xfam", 8, "XFAM under a mask.", p => p.Xfam, (p, v) => p with { Xfam = v }, DefaultTdx),
        PolicyKeys.Hex(
            "minimumTeeTcbSvn", 16, "Lowest TEE_TCB_SVN, compared component by component.",
            p => p.MinimumTeeTcbSvn, (p, v) => p with { MinimumTeeTcbSvn = v }, DefaultTdx),
        PolicyKeys.Section<TdxPolicy, PlatformPolicy>(
            "platform", PlatformPolicyKeys.Section, p => p.Platform, (p, v) => p with { Platform = v }),
        PolicyKeys.OptionalSection<TdxPolicy, EventLogPolicy>(
            "eventLog", EventLogPolicyKeys.Section, p => p.EventLog, (p, v) => p with { EventLog = v }),
    ]);

    private static PolicyKey<TdxPolicy> Rtmr(int index) => PolicyKeys.HexList(
        $"rtmr{index}", 48, $"RTMR{index} values that pass; empty: any.",
        p => index < p.Rtmrs.Length ? p.Rtmrs[index] : [],
        (p, v) =>
        {
            ImmutableArray<ImmutableArray<byte[]>> all =
                [.. Enumerable.Range(0, 4).Select(i => i == index ? v : i < p.Rtmrs.Length ? p.Rtmrs[i] : [])];
            return p with { Rtmrs = all.All(list => list.IsEmpty) ? [] : all };
        },
        DefaultTdx);
}
