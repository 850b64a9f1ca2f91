using System.Globalization;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;

namespace Casemate.Broker;

/// <summary>The keys of <c>snp</c>.</summary>
internal static class SnpPolicyKeys
{
    private static readonly SnpPolicy DefaultSnp = new();

    public static PolicySection<SnpPolicy> Section { get; } = new(DefaultSnp,
    [
        PolicyKeys.HexList(
            "measurements", 48, "MEASUREMENT values (launch digests) that pass; they name the identity.",
            p => p.Measurements, (p, v) => p with { Measurements = v }, DefaultSnp),
        PolicyKeys.HexList(
            "hostData", 32, "HOST_DATA values that pass, such as digests of init data; empty: any.",
            p => p.HostData, (p, v) => p with { HostData = v }, DefaultSnp),
        PolicyKeys.HexList(
            "familyIds", 16, "FAMILY_ID values that pass; empty: any.", p => p.FamilyIds, (p, v) => p with { FamilyIds = v }, DefaultSnp),
        PolicyKeys.HexList(
            "imageIds", 16, "IMAGE_ID values that pass; empty: any.", p => p.ImageIds, (p, v) => p with { ImageIds = v }, DefaultSnp),
        PolicyKeys.HexList(
            "reportIds", 32, "REPORT_ID values that pass; empty: any.", p => p.ReportIds, (p, v) => p with { ReportIds = v }, DefaultSnp),
        PolicyKeys.HexList(
            "reportIdMas", 32, "REPORT_ID_MA values that pass; empty: any.",
            p => p.ReportIdMas, (p, v) => p with { ReportIdMas = v }, DefaultSnp),
        PolicyKeys.Number(
            "minimumGuestSvn", uint.MaxValue, "Lowest GUEST_SVN.",
            p => p.MinimumGuestSvn, (p, v) => p with { MinimumGuestSvn = (uint)v }, DefaultSnp),
        PolicyKeys.HexList(
            "idKeyDigests", 48, "ID_KEY_DIGEST values that pass; empty: any.",
            p => p.IdKeyDigests, (p, v) => p with { IdKeyDigests = v }, DefaultSnp),
        PolicyKeys.HexList(
            "authorKeyDigests", 48, "AUTHOR_KEY_DIGEST values that pass; empty: any.",
            p => p.AuthorKeyDigests, (p, v) => p with { AuthorKeyDigests = v }, DefaultSnp),
        PolicyKeys.Flag(
            "acceptDebugGuests", "Accepts guests that the host can debug. They protect nothing.",
            p => p.AcceptDebugGuests, (p, v) => p with { AcceptDebugGuests = v }, DefaultSnp),
        PolicyKeys.Flag(
            "acceptMigrationAgent", "Accepts guests that a migration agent may move.",
            p => p.AcceptMigrationAgent, (p, v) => p with { AcceptMigrationAgent = v }, DefaultSnp),
        PolicyKeys.Flag(
            "acceptCxl", "Accepts guests whose policy allows CXL devices.", p => p.AcceptCxl, (p, v) => p with { AcceptCxl = v },
            DefaultSnp),
        PolicyKeys.Flag(
            "rejectSmt", "Refuses guests whose policy allows simultaneous multithreading.",
            p => p.RejectSmt, (p, v) => p with { RejectSmt = v }, DefaultSnp),
        PolicyKeys.Bits(
            "requiredGuestPolicyBits", "Guest policy bits that must be set, such as SINGLE_SOCKET, bit 20.",
            p => p.RequiredGuestPolicyBits, (p, v) => p with { RequiredGuestPolicyBits = v }, DefaultSnp),
        PolicyKeys.Make(
            "minimumAbi", "MAJOR.MINOR in quotes, such as '1.51', or null", "Lowest firmware ABI that the guest's policy asks for.",
            (n, p) => p with { MinimumAbi = n.IsNull ? null : ReadAbi(n) },
            p => PolicyText.Of(p.MinimumAbi is { } abi ? $"'{abi.Major}.{abi.Minor}'" : "null"), DefaultSnp),
        PolicyKeys.Make(
            "vmpls", "list of 0 to 3, or 4294967295 for the host", "Privilege levels that may have asked for the report.",
            (n, p) => p with { Vmpls = [.. n.AsList().Select(i => (uint)i.AsNumber(uint.MaxValue))] },
            p => PolicyText.Of(p.Vmpls.Select(v => v.ToString(CultureInfo.InvariantCulture))), DefaultSnp),
        PolicyKeys.Tcb(
            "minimumReportedTcb", "Floor for the reported TCB, component by component.",
            p => p.MinimumReportedTcb, (p, v) => p with { MinimumReportedTcb = v }, DefaultSnp),
        PolicyKeys.Tcb(
            "minimumCommittedTcb", "Floor for the committed TCB.",
            p => p.MinimumCommittedTcb, (p, v) => p with { MinimumCommittedTcb = v }, DefaultSnp),
        PolicyKeys.Tcb(
            "minimumCurrentTcb", "Floor for the current TCB.",
            p => p.MinimumCurrentTcb, (p, v) => p with { MinimumCurrentTcb = v }, DefaultSnp),
        PolicyKeys.Tcb(
            "minimumLaunchTcb", "Floor for the TCB at launch.", p => p.MinimumLaunchTcb, (p, v) => p with { MinimumLaunchTcb = v },
            DefaultSnp),
        PolicyKeys.Make(
            "bulletins", $"list of {string.Join(", ", SnpBulletin.Known.Select(b => b.Name))}",
            "AMD's bulletins whose fixes the reported TCB must have; product lines that one does not name are refused.",
            (n, p) => p with { Bulletins = [.. n.AsList().Select(ReadBulletin)] },
            p => PolicyText.Of(p.Bulletins.Select(b => b.Name)), DefaultSnp),
        PolicyKeys.Make(
            "minimumCurrentFirmware", "MAJOR.MINOR.BUILD, such as 1.55.24, or null", "Lowest version of the firmware that runs.",
            (n, p) => p with { MinimumCurrentFirmware = n.IsNull ? null : ReadFirmware(n) },
            p => PolicyText.Of(Format(p.MinimumCurrentFirmware)), DefaultSnp),
        PolicyKeys.Make(
            "minimumCommittedFirmware", "MAJOR.MINOR.BUILD, such as 1.55.24, or null",
            "Lowest version of the firmware that cannot be rolled back any more.",
            (n, p) => p with { MinimumCommittedFirmware = n.IsNull ? null : ReadFirmware(n) },
            p => PolicyText.Of(Format(p.MinimumCommittedFirmware)), DefaultSnp),
        PolicyKeys.Flag(
            "rejectProvisionalFirmware", "Refuses platforms whose firmware could still be rolled back.",
            p => p.RejectProvisionalFirmware, (p, v) => p with { RejectProvisionalFirmware = v }, DefaultSnp),
        PolicyKeys.Bits(
            "toleratedReservedPolicyBits", "Reserved bits of the guest policy that may be set.",
            p => p.ToleratedReservedPolicyBits, (p, v) => p with { ToleratedReservedPolicyBits = v }, DefaultSnp),
        PolicyKeys.Bits(
            "toleratedReservedPlatformInfoBits", "Reserved bits of PLATFORM_INFO that may be set.",
            p => p.ToleratedReservedPlatformInfoBits, (p, v) => p with { ToleratedReservedPlatformInfoBits = v }, DefaultSnp),
        PolicyKeys.Bits(
            "requiredPlatformInfoBits", "PLATFORM_INFO bits that must be set, such as ALIAS_CHECK_COMPLETE, bit 5.",
            p => p.RequiredPlatformInfoBits, (p, v) => p with { RequiredPlatformInfoBits = v }, DefaultSnp),
        PolicyKeys.Bits(
            "forbiddenPlatformInfoBits", "PLATFORM_INFO bits that must be clear.",
            p => p.ForbiddenPlatformInfoBits, (p, v) => p with { ForbiddenPlatformInfoBits = v }, DefaultSnp),
        PolicyKeys.Bits(
            "requiredLaunchMitigations", "Mitigations that must have been active at launch (report v5).",
            p => p.RequiredLaunchMitigations, (p, v) => p with { RequiredLaunchMitigations = v }, DefaultSnp),
        PolicyKeys.Bits(
            "requiredCurrentMitigations", "Mitigations that must be active now (report v5).",
            p => p.RequiredCurrentMitigations, (p, v) => p with { RequiredCurrentMitigations = v }, DefaultSnp),
        PolicyKeys.EnumList(
            "products", "Product lines that pass.", [SnpProduct.Milan, SnpProduct.Genoa, SnpProduct.Turin], null,
            p => p.Products, (p, v) => p with { Products = v }, DefaultSnp),
        PolicyKeys.Flag(
            "rejectVlek", "Refuses reports signed by a cloud provider's key (VLEK).",
            p => p.RejectVlek, (p, v) => p with { RejectVlek = v }, DefaultSnp),
        PolicyKeys.TextList(
            "cspIds", "list of text", "CSP ids that a VLEK may carry; empty: any.", PolicyKeys.ReadFreeText,
            p => p.CspIds, (p, v) => p with { CspIds = v ?? [] }, DefaultSnp),
        PolicyKeys.Flag(
            "acceptMaskedChipId", "Accepts VCEK-signed reports whose chip id is masked, so that the key cannot be tied to a chip.",
            p => p.AcceptMaskedChipId, (p, v) => p with { AcceptMaskedChipId = v }, DefaultSnp),
        PolicyKeys.HexList(
            "allowedChipIds", 64, "CHIP_ID values that pass; empty: any.",
            p => p.AllowedChipIds, (p, v) => p with { AllowedChipIds = v }, DefaultSnp),
        PolicyKeys.HexList(
            "deniedChipIds", 64, "CHIP_ID values that are refused; a masked one is refused as well.",
            p => p.DeniedChipIds, (p, v) => p with { DeniedChipIds = v }, DefaultSnp),
        PolicyKeys.Number(
            "minimumReportVersion", 5, "Lowest report version.",
            p => p.MinimumReportVersion, (p, v) => p with { MinimumReportVersion = (uint)v }, DefaultSnp),
    ]);

    private static SnpBulletin ReadBulletin(PolicyNode node)
    {
        var text = node.AsText("the name of a bulletin");
        return SnpBulletin.Known.FirstOrDefault(b => b.Name == text)
            ?? throw node.Error(
                $"expected one of {string.Join(", ", SnpBulletin.Known.Select(b => b.Name))}, found {node.Describe()}; "
                + "for another bulletin write its TCB as minimumReportedTcb");
    }

    private static (byte Major, byte Minor, byte Build) ReadFirmware(PolicyNode node)
    {
        var parts = node.AsText("MAJOR.MINOR.BUILD, such as 1.55.24").Split('.');
        return parts.Length == 3 && TryByte(parts[0], out var major) && TryByte(parts[1], out var minor) && TryByte(parts[2], out var build)
            ? (major, minor, build)
            : throw node.Error($"expected MAJOR.MINOR.BUILD, such as 1.55.24, found {node.Describe()}");
    }

    private static bool TryByte(string text, out byte value) =>
        byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static string Format((byte Major, byte Minor, byte Build)? version) =>
        version is { } v ? $"{v.Major}.{v.Minor}.{v.Build}" : "null";

    private static (byte Major, byte Minor) ReadAbi(PolicyNode node)
    {
        // A plain 1.50 would be the number 1.5 to another YAML reader: in quotes it is the same to all.
        var parts = node.AsText("MAJOR.MINOR in quotes, such as '1.51'").Split('.');
        return !node.IsPlain && parts.Length == 2
            && byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && byte.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? (major, minor)
            : throw node.Error($"expected MAJOR.MINOR in quotes, such as '1.51', found {node.Describe()}");
    }
}
