using System.Collections.Immutable;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// Evaluates the TCB of an SGX or TDX platform against authentic collateral. Source: Intel QVL, <c>EvaluateTcb.cpp</c>,
/// <c>TcbLevelCheck.cpp</c>, <c>TDRelaunchCheck.cpp</c>; rules in <c>docs/attestation.md</c>.
/// </summary>
internal static class TcbEvaluator
{
    /// <summary>Evaluates the platform that made a quote.</summary>
    /// <param name="tcbInfo">TCB info of the platform's FMSPC.</param>
    /// <param name="qeIdentity">Identity of the quoting enclave.</param>
    /// <param name="platform">The PCK certificate's SVNs: they count, never the CPUSVN in the quote.</param>
    /// <param name="qeIsvSvn">ISVSVN of the quoting enclave.</param>
    /// <param name="teeTcbSvn">TEE_TCB_SVN, 16 bytes; empty for SGX.</param>
    /// <param name="teeTcbSvn2">TEE_TCB_SVN2, 16 bytes; empty unless the body is a TD report 1.5 or later.</param>
    public static TcbEvaluation Evaluate(
        TcbInfo tcbInfo, EnclaveIdentity qeIdentity, PckPlatform platform, ushort qeIsvSvn,
        ReadOnlySpan<byte> teeTcbSvn, ReadOnlySpan<byte> teeTcbSvn2)
    {
        var launch = EvaluateOnce(tcbInfo, qeIdentity, platform, qeIsvSvn, teeTcbSvn);
        if (teeTcbSvn2.IsEmpty)
        {
            return launch;
        }

        var current = EvaluateOnce(tcbInfo, qeIdentity, platform, qeIsvSvn, teeTcbSvn2);
        return launch with { Status = ConvergeRelaunch(launch.Status, current.Status), Current = current };
    }

    private static TcbEvaluation EvaluateOnce(
        TcbInfo tcbInfo, EnclaveIdentity qeIdentity, PckPlatform platform, ushort qeIsvSvn, ReadOnlySpan<byte> teeTcbSvn)
    {
        var platformLevel = MatchPlatform(tcbInfo, platform, teeTcbSvn);
        var qeLevel = IsvSvnLevel.Match(qeIdentity.Levels, qeIsvSvn);
        var moduleCounts = !teeTcbSvn.IsEmpty && teeTcbSvn[1] > 0;
        var identity = moduleCounts ? FindModule(tcbInfo, teeTcbSvn[1]) : null;
        var moduleLevel = identity is null ? null : IsvSvnLevel.Match(identity.Levels, teeTcbSvn[0]);

        var platformStatus = platformLevel?.Status ?? TcbStatus.NotSupported;
        var qeStatus = qeLevel?.Status ?? TcbStatus.NotSupported;
        TcbStatus? moduleStatus = moduleCounts ? moduleLevel?.Status ?? TcbStatus.NotSupported : null;
        var status = Converge(platformStatus, qeStatus, moduleStatus ?? TcbStatus.UpToDate);

        var complete = platformLevel is not null && qeLevel is not null && (!moduleCounts || moduleLevel is not null);
        return new TcbEvaluation(
            platformStatus, qeStatus, moduleStatus, status,
            complete ? Earliest(platformLevel!.Date, qeLevel!.Date, moduleLevel?.Date) : null,
            Union(platformLevel?.AdvisoryIds, qeLevel?.AdvisoryIds, moduleLevel?.AdvisoryIds),
            Behind(tcbInfo, qeIdentity, platform, qeIsvSvn, teeTcbSvn, platformLevel, qeLevel, identity, moduleLevel))
        {
            MatchedLevel = platformLevel is null ? null : Array.IndexOf(tcbInfo.Levels, platformLevel),
        };
    }

    /// <summary>The identity of a TDX module's major version; null when the TCB info has none.</summary>
    public static TdxModuleIdentity? FindModule(TcbInfo tcbInfo, byte major)
    {
        foreach (var identity in tcbInfo.TdxModuleIdentities)
        {
            if (identity.Major == major)
            {
                return identity;
            }
        }

        return null;
    }

    private static TcbLevel? MatchPlatform(TcbInfo tcbInfo, PckPlatform platform, ReadOnlySpan<byte> teeTcbSvn)
    {
        foreach (var level in tcbInfo.Levels)
        {
            if (AtLeast(platform.ComponentSvns, level.SgxComponents, 0)
                && platform.PceSvn >= level.PceSvn
                && (teeTcbSvn.IsEmpty || AtLeast(teeTcbSvn, level.TdxComponents, FirstTdxComponent(teeTcbSvn))))
            {
                return level;
            }
        }

        return null;
    }

    // From TDX module 1.5 on the first two components (module version) are judged by the module's identity instead. Comparing them
    // here as well finds no level on perfectly good platforms.
    private static int FirstTdxComponent(ReadOnlySpan<byte> teeTcbSvn) => teeTcbSvn[1] > 0 ? 2 : 0;

    private static bool AtLeast(ReadOnlySpan<byte> actual, ReadOnlySpan<byte> wanted, int first)
    {
        for (var i = first; i < 16; i++)
        {
            if (actual[i] < wanted[i])
            {
                return false;
            }
        }

        return true;
    }

    private static TcbStatus Converge(TcbStatus platform, TcbStatus qe, TcbStatus module)
    {
        if (platform is TcbStatus.Revoked || qe is TcbStatus.Revoked || module is TcbStatus.Revoked)
        {
            return TcbStatus.Revoked;
        }

        if (platform is TcbStatus.NotSupported || qe is TcbStatus.NotSupported || module is TcbStatus.NotSupported)
        {
            return TcbStatus.NotSupported;
        }

        if (qe is TcbStatus.OutOfDate || module is TcbStatus.OutOfDate)
        {
            return platform switch
            {
                TcbStatus.UpToDate or TcbStatus.SWHardeningNeeded => TcbStatus.OutOfDate,
                TcbStatus.ConfigurationNeeded or TcbStatus.ConfigurationAndSWHardeningNeeded => TcbStatus.OutOfDateConfigurationNeeded,
                _ => platform,
            };
        }

        return platform;
    }

    // Decided after both evaluations have converged, and final.
    private static TcbStatus ConvergeRelaunch(TcbStatus launch, TcbStatus current)
    {
        // What the platform runs now counts as well when it is never acceptable, whatever the TD was launched on.
        if (current is TcbStatus.NotSupported or TcbStatus.Revoked)
        {
            return launch is TcbStatus.Revoked ? launch : current;
        }

        if (launch is not (TcbStatus.OutOfDate or TcbStatus.OutOfDateConfigurationNeeded))
        {
            return launch;
        }

        return current switch
        {
            TcbStatus.ConfigurationNeeded or TcbStatus.ConfigurationAndSWHardeningNeeded =>
                TcbStatus.TDRelaunchAdvisedConfigurationNeeded,
            TcbStatus.UpToDate or TcbStatus.SWHardeningNeeded => launch is TcbStatus.OutOfDateConfigurationNeeded
                ? TcbStatus.TDRelaunchAdvisedConfigurationNeeded
                : TcbStatus.TDRelaunchAdvised,
            _ => launch,
        };
    }

    private static DateTimeOffset Earliest(DateTimeOffset platform, DateTimeOffset qe, DateTimeOffset? module)
    {
        var earliest = platform < qe ? platform : qe;
        return module < earliest ? module.Value : earliest;
    }

    private static ImmutableArray<string> Union(string[]? platform, string[]? qe, string[]? module)
    {
        if (qe is null or [] && module is null or [])
        {
            return [.. (platform ?? []).Distinct(StringComparer.Ordinal)];
        }

        return [.. (platform ?? []).Concat(qe ?? []).Concat(module ?? []).Distinct(StringComparer.Ordinal)];
    }

    // Advisories belong to a level, so they are named beside every component that keeps the platform on that level.
    private static ImmutableArray<string> Behind(
        TcbInfo tcbInfo, EnclaveIdentity qeIdentity, PckPlatform platform, ushort qeIsvSvn, ReadOnlySpan<byte> teeTcbSvn,
        TcbLevel? matched, IsvSvnLevel? qeMatched, TdxModuleIdentity? module, IsvSvnLevel? moduleMatched)
    {
        var newest = tcbInfo.Levels[0];
        var qeNewest = qeIdentity.Levels[0].IsvSvn;
        if (ReferenceEquals(matched, newest) && qeIsvSvn >= qeNewest && (module is null || teeTcbSvn[0] >= module.Levels[0].IsvSvn))
        {
            return [];
        }

        var behind = ImmutableArray.CreateBuilder<string>();
        var advisories = Named(matched?.AdvisoryIds);
        Compare(behind, "SGX TCB component", tcbInfo.SgxComponentNames, platform.ComponentSvns, newest.SgxComponents, 0, advisories);
        if (platform.PceSvn < newest.PceSvn)
        {
            behind.Add(
                $"PCE: SVN is {platform.PceSvn}, the newest level wants {newest.PceSvn}; update the DCAP packages (PCE) of the host{advisories}");
        }

        if (!teeTcbSvn.IsEmpty)
        {
            Compare(
                behind, "TDX TCB component", tcbInfo.TdxComponentNames, teeTcbSvn, newest.TdxComponents, FirstTdxComponent(teeTcbSvn),
                advisories);
        }

        if (qeIsvSvn < qeNewest)
        {
            behind.Add(
                $"quoting enclave: ISVSVN is {qeIsvSvn}, the newest level wants {qeNewest}; update the DCAP packages (QE) of the host"
                + Named(qeMatched?.AdvisoryIds));
        }

        if (module is not null && teeTcbSvn[0] < module.Levels[0].IsvSvn)
        {
            behind.Add(
                $"TDX module {teeTcbSvn[1]}: SVN is {teeTcbSvn[0]}, the newest level wants {module.Levels[0].IsvSvn}; update the TDX module"
                + Named(moduleMatched?.AdvisoryIds));
        }

        return behind.ToImmutable();
    }

    private static void Compare(
        ImmutableArray<string>.Builder behind, string kind, string[] names, ReadOnlySpan<byte> actual, ReadOnlySpan<byte> wanted, int first,
        string advisories)
    {
        for (var i = first; i < 16; i++)
        {
            if (actual[i] < wanted[i])
            {
                var name = i < names.Length ? names[i] : "";
                behind.Add(
                    $"{kind} {i + 1}{(name.Length > 0 ? $" ({name})" : "")}: SVN is {actual[i]}, the newest level wants {wanted[i]}; "
                    + $"update {Remedy(name)}{advisories}");
            }
        }
    }

    // The names are Intel's words in the TCB info: a category, and often a type.
    private static string Remedy(string name) =>
        name.Contains("TDX Module", StringComparison.OrdinalIgnoreCase) ? "the TDX module"
        : name.Contains("Microcode", StringComparison.OrdinalIgnoreCase) && name.StartsWith("OS", StringComparison.OrdinalIgnoreCase)
            ? "the microcode that the host's operating system loads"
        : name.StartsWith("BIOS", StringComparison.OrdinalIgnoreCase) ? "the BIOS"
        : name.StartsWith("OS", StringComparison.OrdinalIgnoreCase) ? "the host's operating system or its firmware packages"
        : "BIOS and microcode";

    private static string Named(string[]? advisories) => advisories is null or [] ? "" : $" ({string.Join(", ", advisories)})";
}
