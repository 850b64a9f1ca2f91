using Casemate.Attestation.Tdx;

namespace Casemate.Attestation.Policy;

/// <summary>Judges a genuine TD by policy.</summary>
internal static class TdxChecks
{
    public static void Judge(CheckList checks, EvidencePolicy policy, in TdReportBody report)
    {
        var tdx = policy.Tdx;
        CommonChecks.ReportData(checks, policy, report.ReportData);
        Identity(checks, policy, report);
        CommonChecks.Debug(checks, report.IsDebug, tdx.AcceptDebugTds, "the TD");
        var tolerated = report.ReservedTdAttributes & tdx.ToleratedReservedTdAttributes;
        CommonChecks.ReservedBits(
            checks, policy, report.ReservedTdAttributes != tolerated, "reserved bits in TDATTRIBUTES",
            tolerated == 0 ? "" : $"TDATTRIBUTES 0x{tolerated:x}");
        Flag(
            checks, CheckId.SeptVeDisable, (report.TdAttributeBits & TdReportBody.SeptVeDisable) != 0, tdx.AcceptSeptVe,
            "SEPT_VE_DISABLE set", "SEPT_VE_DISABLE clear");
        Flag(
            checks, CheckId.Migratable, (report.TdAttributeBits & TdReportBody.Migratable) == 0, tdx.AcceptMigratable,
            "not migratable", "migratable");
        ServiceTd(checks, tdx, report);
        if (tdx.TdAttributes is { } attributes)
        {
            SgxChecks.Masked(checks, CheckId.TdAttributes, "TDATTRIBUTES", attributes, report.TdAttributes);
        }

        if (tdx.Xfam is { } xfam)
        {
            SgxChecks.Masked(checks, CheckId.Xfam, "XFAM", xfam, report.Xfam);
        }

        for (var i = 0; i < Math.Min(4, tdx.Rtmrs.Length); i++)
        {
            CommonChecks.OneOf(checks, CheckId.TdMeasurements, $"RTMR{i}", tdx.Rtmrs[i], report.Rtmr(i));
        }

        if (tdx.Rtmrs.Length > 4)
        {
            checks.Judge(CheckId.TdMeasurements, false, "at most four lists of RTMR values", $"the policy has {tdx.Rtmrs.Length}");
        }

        CommonChecks.OneOf(checks, CheckId.TdMeasurements, "MRCONFIGID", tdx.MrConfigIds, report.MrConfigId);
        CommonChecks.OneOf(checks, CheckId.TdMeasurements, "MROWNER", tdx.MrOwners, report.MrOwner);
        CommonChecks.OneOf(checks, CheckId.TdMeasurements, "MROWNERCONFIG", tdx.MrOwnerConfigs, report.MrOwnerConfig);
        CommonChecks.OneOf(checks, CheckId.TdMeasurements, "MRSEAM", tdx.MrSeams, report.MrSeam);
        TeeTcbSvn(checks, tdx, report);
        VtpmChecks.Absent(checks, policy);
        if (tdx.EventLog is not null)
        {
            // Fail closed: whoever wants the log explained must not get a quote accepted whose log nobody read.
            checks.Judge(CheckId.EventLogFormat, false, "the TD's event log, for which the policy has rules", "none was given");
        }
    }

    private static void Identity(CheckList checks, EvidencePolicy policy, in TdReportBody report)
    {
        if (!policy.Tdx.MrTds.IsEmpty)
        {
            CommonChecks.OneOf(checks, CheckId.Identity, "MRTD", policy.Tdx.MrTds, report.MrTd);
        }
        else if (policy.AcceptAnyIdentity)
        {
            checks.NotAsked(CheckId.Identity, "any: nothing says which workload this is");
        }
        else
        {
            checks.Judge(
                CheckId.Identity, false, "a policy that names MRTD", $"none named; the evidence has MRTD {CommonChecks.Hex(report.MrTd)}");
        }
    }

    private static void Flag(CheckList checks, CheckId id, bool good, bool accepted, string expected, string found)
    {
        if (!good && accepted)
        {
            checks.Warn(id, $"{found} accepted by the policy", found);
        }
        else
        {
            checks.Judge(id, good, expected, good ? expected : found);
        }
    }

    private static void ServiceTd(CheckList checks, TdxPolicy tdx, in TdReportBody report)
    {
        if (!report.IsTd15)
        {
            return;
        }

        var bound = report.MrServiceTd.ContainsAnyExcept((byte)0);
        if (bound && tdx.AcceptAnyServiceTd)
        {
            checks.Warn(CheckId.ServiceTd, "any MRSERVICETD accepted by the policy", CommonChecks.Hex(report.MrServiceTd));
            return;
        }

        var expected = tdx.MrServiceTds.IsEmpty ? "all zero" : $"all zero or {CommonChecks.Join(tdx.MrServiceTds)}";
        checks.Judge(
            CheckId.ServiceTd, !bound || CommonChecks.Contains(tdx.MrServiceTds, report.MrServiceTd), expected,
            CommonChecks.Hex(report.MrServiceTd));
    }

    private static void TeeTcbSvn(CheckList checks, TdxPolicy tdx, in TdReportBody report)
    {
        if (tdx.MinimumTeeTcbSvn is not { } minimum)
        {
            return;
        }

        var holds = minimum.Length == 16;
        for (var i = 0; holds && i < 16; i++)
        {
            holds = report.TeeTcbSvn[i] >= minimum[i];
        }

        checks.Judge(
            CheckId.TeeTcbSvn, holds, $"each component at least {Convert.ToHexStringLower(minimum)}", Convert.ToHexStringLower(report.TeeTcbSvn));
    }
}
