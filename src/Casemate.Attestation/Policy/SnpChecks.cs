using Casemate.Attestation.Snp;

namespace Casemate.Attestation.Policy;

/// <summary>Judges a genuine SEV-SNP report by policy.</summary>
internal static class SnpChecks
{
    public static void Judge(CheckList checks, EvidencePolicy policy, in SnpReport report, SnpProduct product, VekExtensions? vek)
    {
        var snp = policy.Snp;
        CommonChecks.ReportData(checks, policy, report.ReportData);
        Identity(checks, policy, report);
        CommonChecks.Debug(checks, report.IsDebug, snp.AcceptDebugGuests, "the guest");
        var reserved = report.ReservedBitsBut(snp.ToleratedReservedPolicyBits, snp.ToleratedReservedPlatformInfoBits);
        CommonChecks.ReservedBits(checks, policy, reserved.Length > 0, reserved, Tolerated(snp, report));
        GuestPolicy(checks, snp, report);
        checks.Judge(
            CheckId.Vmpl, snp.Vmpls.Contains(report.Vmpl), snp.Vmpls is [0] ? "VMPL 0" : $"VMPL {string.Join(" or ", snp.Vmpls)}",
            report.Vmpl switch { 0 => "VMPL 0", uint.MaxValue => "requested by the host", var level => $"VMPL {level}" });
        CommonChecks.OneOf(checks, CheckId.HostData, "HOST_DATA", snp.HostData, report.HostData);
        GuestIds(checks, snp, report);
        CommonChecks.OneOf(checks, CheckId.SigningKeys, "ID_KEY_DIGEST", snp.IdKeyDigests, report.IdKeyDigest);
        CommonChecks.OneOf(checks, CheckId.SigningKeys, "AUTHOR_KEY_DIGEST", snp.AuthorKeyDigests, report.AuthorKeyDigest);
        TcbFloors(checks, snp, report, product);
        PlatformInfo(checks, snp, report);
        Mitigations(checks, snp, report);
        ChipIds(checks, snp, report);
        if (snp.MinimumReportVersion > 2)
        {
            checks.Judge(
                CheckId.ReportVersion, report.Version >= snp.MinimumReportVersion, $"at least {snp.MinimumReportVersion}", $"{report.Version}");
        }

        VtpmChecks.Absent(checks, policy);
    }

    private static void Identity(CheckList checks, EvidencePolicy policy, in SnpReport report)
    {
        if (!policy.Snp.Measurements.IsEmpty)
        {
            CommonChecks.OneOf(checks, CheckId.Identity, "MEASUREMENT", policy.Snp.Measurements, report.Measurement);
        }
        else if (policy.AcceptAnyIdentity)
        {
            checks.NotAsked(CheckId.Identity, "any: nothing says which workload this is");
        }
        else
        {
            checks.Judge(
                CheckId.Identity, false, "a policy that names MEASUREMENT",
                $"none named; the evidence has MEASUREMENT {CommonChecks.Hex(report.Measurement)}");
        }
    }

    private static string Tolerated(SnpPolicy snp, in SnpReport report)
    {
        var policy = report.ReservedPolicy & snp.ToleratedReservedPolicyBits;
        var platformInfo = report.ReservedPlatformInfo & snp.ToleratedReservedPlatformInfoBits;
        return (policy, platformInfo) switch
        {
            (0, 0) => "",
            (_, 0) => $"POLICY 0x{policy:x}",
            (0, _) => $"PLATFORM_INFO 0x{platformInfo:x}",
            _ => $"POLICY 0x{policy:x}, PLATFORM_INFO 0x{platformInfo:x}",
        };
    }

    private static void GuestPolicy(CheckList checks, SnpPolicy snp, in SnpReport report)
    {
        var refused = new List<string>(0);
        Refuse(refused, !snp.AcceptMigrationAgent && (report.Policy & SnpReport.PolicyMigrationAgent) != 0, "migration agent allowed");
        Refuse(refused, !snp.AcceptCxl && (report.Policy & SnpReport.PolicyCxl) != 0, "CXL allowed");
        Refuse(refused, snp.RejectSmt && (report.Policy & SnpReport.PolicySmt) != 0, "SMT allowed");
        var missing = snp.RequiredGuestPolicyBits & ~report.Policy;
        Refuse(refused, missing != 0, $"required bits 0x{missing:x} clear");
        var (major, minor) = ((byte)(report.Policy >> 8), (byte)report.Policy);
        if (snp.MinimumAbi is { } abi)
        {
            Refuse(refused, major < abi.Major || (major == abi.Major && minor < abi.Minor), $"ABI {major}.{minor} is below {abi.Major}.{abi.Minor}");
        }

        checks.Judge(
            CheckId.GuestPolicy, refused.Count == 0, "a guest policy that the relying party accepts",
            refused.Count == 0 ? $"0x{report.Policy:x}" : $"0x{report.Policy:x}: {string.Join(", ", refused)}");
    }

    private static void GuestIds(CheckList checks, SnpPolicy snp, in SnpReport report)
    {
        CommonChecks.OneOf(checks, CheckId.GuestIds, "FAMILY_ID", snp.FamilyIds, report.FamilyId);
        CommonChecks.OneOf(checks, CheckId.GuestIds, "IMAGE_ID", snp.ImageIds, report.ImageId);
        CommonChecks.OneOf(checks, CheckId.GuestIds, "REPORT_ID", snp.ReportIds, report.ReportId);
        CommonChecks.OneOf(checks, CheckId.GuestIds, "REPORT_ID_MA", snp.ReportIdMas, report.ReportIdMa);
        if (snp.MinimumGuestSvn > 0)
        {
            checks.Judge(
                CheckId.GuestIds, report.GuestSvn >= snp.MinimumGuestSvn, $"GUEST_SVN at least {snp.MinimumGuestSvn}", $"GUEST_SVN {report.GuestSvn}");
        }
    }

    private static void TcbFloors(CheckList checks, SnpPolicy snp, in SnpReport report, SnpProduct product)
    {
        var committed = SnpTcb.Decode(report.CommittedTcb, product);
        var current = SnpTcb.Decode(report.CurrentTcb, product);
        var reported = SnpTcb.Decode(report.ReportedTcb, product);
        Floor(checks, "reported", snp.MinimumReportedTcb, reported);
        Floor(checks, "committed", snp.MinimumCommittedTcb, committed);
        Floor(checks, "current", snp.MinimumCurrentTcb, current);
        Floor(checks, "launch", snp.MinimumLaunchTcb, SnpTcb.Decode(report.LaunchTcb, product));
        foreach (var bulletin in snp.Bulletins)
        {
            Bulletin(checks, bulletin, product, reported);
        }

        Firmware(checks, "current", snp.MinimumCurrentFirmware, report.CurrentVersion);
        Firmware(checks, "committed", snp.MinimumCommittedFirmware, report.CommittedVersion);
        if (snp.RejectProvisionalFirmware)
        {
            var settled = committed == current && report.CommittedVersion.SequenceEqual(report.CurrentVersion);
            checks.Judge(
                CheckId.TcbFloor, settled, "committed firmware is current firmware",
                settled ? "committed firmware is current firmware" : $"provisional: committed {committed}; current {current}");
        }
    }

    private static void Floor(CheckList checks, string name, SnpTcb? minimum, SnpTcb actual)
    {
        if (minimum is { } floor)
        {
            checks.Judge(CheckId.TcbFloor, actual.IsAtLeast(floor), $"{name} TCB at least {floor}", $"{name} TCB {actual}");
        }
    }

    private static void Bulletin(CheckList checks, SnpBulletin bulletin, SnpProduct product, SnpTcb reported)
    {
        if (bulletin.Floors.TryGetValue(product, out var floor))
        {
            checks.Judge(
                CheckId.TcbFloor, reported.IsAtLeast(floor), $"reported TCB at least {floor}, as {bulletin.Name} asks",
                $"reported TCB {reported}");
        }
        else
        {
            checks.Judge(
                CheckId.TcbFloor, false,
                $"a product line for which {bulletin.Name} names a TCB: {string.Join(" or ", bulletin.Floors.Keys)}", product.ToString());
        }
    }

    // In memory: build, minor, major. Source: AMD 56860, table 23 (CURRENT_BUILD and what follows).
    private static void Firmware(
        CheckList checks, string name, (byte Major, byte Minor, byte Build)? minimum, ReadOnlySpan<byte> actual)
    {
        if (minimum is { } floor)
        {
            var found = (Major: actual[2], Minor: actual[1], Build: actual[0]);
            checks.Judge(
                CheckId.TcbFloor, found.CompareTo(floor) >= 0,
                $"{name} firmware at least {floor.Major}.{floor.Minor}.{floor.Build}",
                $"{name} firmware {found.Major}.{found.Minor}.{found.Build}");
        }
    }

    private static void PlatformInfo(CheckList checks, SnpPolicy snp, in SnpReport report)
    {
        if ((snp.RequiredPlatformInfoBits | snp.ForbiddenPlatformInfoBits) == 0)
        {
            return;
        }

        var holds = (report.PlatformInfo & snp.RequiredPlatformInfoBits) == snp.RequiredPlatformInfoBits
            && (report.PlatformInfo & snp.ForbiddenPlatformInfoBits) == 0;
        checks.Judge(
            CheckId.PlatformInfo, holds, $"bits 0x{snp.RequiredPlatformInfoBits:x} set, 0x{snp.ForbiddenPlatformInfoBits:x} clear",
            $"0x{report.PlatformInfo:x}");
    }

    private static void Mitigations(CheckList checks, SnpPolicy snp, in SnpReport report)
    {
        Mitigation(checks, "launch", snp.RequiredLaunchMitigations, report.LaunchMitigationVector);
        Mitigation(checks, "current", snp.RequiredCurrentMitigations, report.CurrentMitigationVector);
    }

    private static void Mitigation(CheckList checks, string name, ulong required, ulong? actual)
    {
        if (required != 0)
        {
            checks.Judge(
                CheckId.Mitigations, ((actual ?? 0) & required) == required, $"{name} mitigations 0x{required:x}",
                actual is { } vector ? $"{name} mitigations 0x{vector:x}" : "none: reports before version 5 carry no mitigation vector");
        }
    }

    private static void ChipIds(CheckList checks, SnpPolicy snp, in SnpReport report)
    {
        if (!snp.AllowedChipIds.IsEmpty)
        {
            checks.Judge(CheckId.ChipId, CommonChecks.Contains(snp.AllowedChipIds, report.ChipId), "a chip that the policy allows", "another chip");
        }

        if (!snp.DeniedChipIds.IsEmpty)
        {
            // A chip that hides may be one of them: MASK_CHIP_ID is the host's to set.
            var denied = CommonChecks.Contains(snp.DeniedChipIds, report.ChipId);
            checks.Judge(
                CheckId.ChipId, !denied && !report.IsChipIdMasked, "no chip that the policy denies",
                denied ? "a denied chip" : report.IsChipIdMasked ? "ChipIdMasked: the report hides the chip" : "another chip");
        }
    }

    private static void Refuse(List<string> refused, bool condition, string reason)
    {
        if (condition)
        {
            refused.Add(reason);
        }
    }
}
