using System.Globalization;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Policy;

/// <summary>Judges a genuine SGX enclave by policy.</summary>
internal static class SgxChecks
{
    public static void Judge(CheckList checks, EvidencePolicy policy, in SgxReportBody report)
    {
        var sgx = policy.Sgx;
        CommonChecks.ReportData(checks, policy, report.ReportData);
        Identity(checks, policy, report);
        CommonChecks.Debug(checks, report.IsDebug, sgx.AcceptDebugEnclaves, "the enclave");
        Key(checks, CheckId.ProvisionKey, (report.Flags & SgxReportBody.FlagProvisionKey) != 0, sgx.AcceptProvisionKey, "provisioning key");
        Key(checks, CheckId.EinitTokenKey, (report.Flags & SgxReportBody.FlagEinitTokenKey) != 0, sgx.AcceptEinitTokenKey, "launch-token key");
        var tolerated = report.ReservedFlags & sgx.ToleratedReservedFlags;
        CommonChecks.ReservedBits(
            checks, policy, report.ReservedFlags != tolerated || report.HasReservedBytes,
            "reserved bits in ATTRIBUTES or in reserved fields of the report", tolerated == 0 ? "" : $"ATTRIBUTES 0x{tolerated:x}");
        if (sgx.Attributes is { } attributes)
        {
            Masked(checks, CheckId.SgxAttributes, "ATTRIBUTES", attributes, report.Attributes);
        }

        if (sgx.MiscSelect is { } miscSelect)
        {
            Masked(checks, CheckId.MiscSelect, "MISCSELECT", miscSelect, report.MiscSelect);
        }

        Kss(checks, sgx, report);
    }

    /// <summary>Judges a field under a mask.</summary>
    public static void Masked(CheckList checks, CheckId id, string name, MaskedValue rule, ReadOnlySpan<byte> actual) =>
        checks.Judge(
            id, rule.Matches(actual), $"{name} {Convert.ToHexStringLower(rule.Value)} under mask {Convert.ToHexStringLower(rule.Mask)}",
            $"{name} {Convert.ToHexStringLower(actual)}");

    private static void Identity(CheckList checks, EvidencePolicy policy, in SgxReportBody report)
    {
        var sgx = policy.Sgx;
        var named = !sgx.MrEnclaves.IsEmpty || (!sgx.MrSigners.IsEmpty && sgx.IsvProdId is not null && sgx.MinimumIsvSvn is not null);
        var nothing = sgx.MrEnclaves.IsEmpty && sgx.MrSigners.IsEmpty && sgx.IsvProdId is null && sgx.MinimumIsvSvn is null;
        CommonChecks.OneOf(checks, CheckId.Identity, "MRENCLAVE", sgx.MrEnclaves, report.MrEnclave);
        CommonChecks.OneOf(checks, CheckId.Identity, "MRSIGNER", sgx.MrSigners, report.MrSigner);
        if (sgx.IsvProdId is { } product)
        {
            checks.Judge(CheckId.Identity, report.IsvProdId == product, $"ISVPRODID {product}", $"ISVPRODID {report.IsvProdId}");
        }

        if (sgx.MinimumIsvSvn is { } svn)
        {
            checks.Judge(CheckId.Identity, report.IsvSvn >= svn, $"ISVSVN at least {svn}", $"ISVSVN {report.IsvSvn}");
        }

        if (nothing && policy.AcceptAnyIdentity)
        {
            checks.NotAsked(CheckId.Identity, "any: nothing says which workload this is");
        }
        else if (!named && !policy.AcceptAnyIdentity)
        {
            checks.Judge(
                CheckId.Identity, false, "a policy that names MRENCLAVE, or MRSIGNER with ISVPRODID and minimum ISVSVN",
                $"none named; the evidence has MRENCLAVE {CommonChecks.Hex(report.MrEnclave)}");
        }
    }

    private static void Key(CheckList checks, CheckId id, bool has, bool accepted, string name)
    {
        if (has && accepted)
        {
            checks.Warn(id, $"access to the {name} accepted by the policy", $"has access to the {name}");
        }
        else
        {
            checks.Judge(id, !has, $"no access to the {name}", has ? $"has access to the {name}" : $"no access to the {name}");
        }
    }

    // The four fields are zero and unsigned by anybody's intent unless the enclave was built with KSS.
    private static void Kss(CheckList checks, SgxPolicy sgx, in SgxReportBody report)
    {
        if (sgx.ConfigId is null && sgx.MinimumConfigSvn is null && sgx.IsvExtProdId is null && sgx.IsvFamilyId is null)
        {
            return;
        }

        var kss = (report.Flags & SgxReportBody.FlagKss) != 0;
        checks.Judge(CheckId.Kss, kss, "an enclave with key separation and sharing (KSS)", kss ? "KSS" : "no KSS, so these fields mean nothing");
        Exact(checks, "CONFIGID", sgx.ConfigId, report.ConfigId);
        Exact(checks, "ISVEXTPRODID", sgx.IsvExtProdId, report.IsvExtProdId);
        Exact(checks, "ISVFAMILYID", sgx.IsvFamilyId, report.IsvFamilyId);
        if (sgx.MinimumConfigSvn is { } svn)
        {
            checks.Judge(
                CheckId.Kss, report.ConfigSvn >= svn, $"CONFIGSVN at least {svn}",
                $"CONFIGSVN {report.ConfigSvn.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    private static void Exact(CheckList checks, string name, byte[]? expected, ReadOnlySpan<byte> actual)
    {
        if (expected is not null)
        {
            checks.Judge(CheckId.Kss, actual.SequenceEqual(expected), $"{name} {CommonChecks.Hex(expected)}", $"{name} {CommonChecks.Hex(actual)}");
        }
    }
}
