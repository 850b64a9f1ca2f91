using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;

namespace Casemate.Broker;

/// <summary>The keys of <c>sgx.platform</c> and <c>tdx.platform</c>.</summary>
internal static class PlatformPolicyKeys
{
    private static readonly PlatformPolicy DefaultPlatform = new();

    public static PolicySection<PlatformPolicy> Section { get; } = new(DefaultPlatform,
    [
        PolicyKeys.OptionalFlag(
            "dynamicPlatform", "Required value of dynamicPlatform; a machine that does not say meets neither value.",
            p => p.DynamicPlatform, (p, v) => p with { DynamicPlatform = v }, DefaultPlatform),
        PolicyKeys.OptionalFlag(
            "cachedKeys", "Required value of cachedKeys; a machine that does not say meets neither value.",
            p => p.CachedKeys, (p, v) => p with { CachedKeys = v }, DefaultPlatform),
        PolicyKeys.OptionalFlag(
            "smtEnabled", "Required value of smtEnabled; a machine that does not say meets neither value.",
            p => p.SmtEnabled, (p, v) => p with { SmtEnabled = v }, DefaultPlatform),
        PolicyKeys.EnumList(
            "sgxTypes", "Kinds of SGX memory protection that pass; empty: any.",
            [SgxType.Standard, SgxType.Scalable, SgxType.ScalableWithIntegrity], null,
            p => p.SgxTypes, (p, v) => p with { SgxTypes = v }, DefaultPlatform),
        PolicyKeys.HexList(
            "allowedPpids", 16, "Processor packages (PPID) that pass; empty: any.",
            p => p.AllowedPpids, (p, v) => p with { AllowedPpids = v }, DefaultPlatform),
        PolicyKeys.HexList(
            "deniedPpids", 16, "Processor packages (PPID) that are refused.",
            p => p.DeniedPpids, (p, v) => p with { DeniedPpids = v }, DefaultPlatform),
        PolicyKeys.HexList(
            "allowedPlatformInstanceIds", 16, "Machines that pass; empty: any. A machine that does not say which it is never passes then.",
            p => p.AllowedPlatformInstanceIds, (p, v) => p with { AllowedPlatformInstanceIds = v }, DefaultPlatform),
        PolicyKeys.HexList(
            "deniedPlatformInstanceIds", 16, "Machines that are refused.",
            p => p.DeniedPlatformInstanceIds, (p, v) => p with { DeniedPlatformInstanceIds = v }, DefaultPlatform),
        PolicyKeys.HexList(
            "allowedFmspcs", 6, "Platform models (FMSPC) that pass; empty: any.",
            p => p.AllowedFmspcs, (p, v) => p with { AllowedFmspcs = v }, DefaultPlatform),
        PolicyKeys.HexList(
            "deniedFmspcs", 6, "Platform models (FMSPC) that are refused.",
            p => p.DeniedFmspcs, (p, v) => p with { DeniedFmspcs = v }, DefaultPlatform),
        PolicyKeys.OptionalNumber(
            "minimumQeIsvSvn", ushort.MaxValue, "Lowest ISVSVN of the quoting enclave.",
            p => p.MinimumQeIsvSvn, (p, v) => p with { MinimumQeIsvSvn = (ushort?)v }, DefaultPlatform),
    ]);
}
