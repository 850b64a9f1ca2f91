using System.Globalization;
using System.Text.Json;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;

namespace Casemate.Attestation;

public static partial class VerdictJson
{
    private static void WriteClaims(Utf8JsonWriter json, EvidenceClaims? claims, bool machineIdentifiers)
    {
        if (claims is null)
        {
            json.WriteNull("claims");
            return;
        }

        json.WriteStartObject("claims");
        Hex(json, "reportData", claims.ReportData);
        switch (claims)
        {
            case SgxClaims sgx:
                WriteSgx(json, sgx);
                WritePlatform(json, sgx.Platform, machineIdentifiers);
                break;
            case TdxClaims tdx:
                WriteTdx(json, tdx);
                WritePlatform(json, tdx.Platform, machineIdentifiers);
                break;
            case SnpClaims snp:
                WriteSnp(json, snp, machineIdentifiers);
                break;
            default:
                throw new ArgumentException($"Claims of type {claims.GetType().Name} have no JSON form.", nameof(claims));
        }

        json.WriteEndObject();
    }

    private static void WriteSgx(Utf8JsonWriter json, SgxClaims claims)
    {
        Hex(json, "mrEnclave", claims.MrEnclave);
        Hex(json, "mrSigner", claims.MrSigner);
        json.WriteNumber("isvProdId", claims.IsvProdId);
        json.WriteNumber("isvSvn", claims.IsvSvn);
        json.WriteBoolean("debug", claims.Debug);
        Hex(json, "attributes", claims.Attributes);
        json.WriteString("miscSelect", claims.MiscSelect.ToString("x8", CultureInfo.InvariantCulture));
        Hex(json, "cpuSvn", claims.CpuSvn);
        Hex(json, "configId", claims.ConfigId);
        json.WriteNumber("configSvn", claims.ConfigSvn);
        Hex(json, "isvExtProdId", claims.IsvExtProdId);
        Hex(json, "isvFamilyId", claims.IsvFamilyId);
    }

    private static void WriteTdx(Utf8JsonWriter json, TdxClaims claims)
    {
        Hex(json, "mrTd", claims.MrTd);
        json.WriteStartArray("rtmrs");
        foreach (var rtmr in claims.Rtmrs)
        {
            json.WriteStringValue(Convert.ToHexStringLower(rtmr));
        }

        json.WriteEndArray();
        Hex(json, "mrConfigId", claims.MrConfigId);
        Hex(json, "mrOwner", claims.MrOwner);
        Hex(json, "mrOwnerConfig", claims.MrOwnerConfig);
        json.WriteBoolean("debug", claims.Debug);
        Hex(json, "tdAttributes", claims.TdAttributes);
        Hex(json, "xfam", claims.Xfam);
        Hex(json, "teeTcbSvn", claims.TeeTcbSvn);
        Hex(json, "teeTcbSvn2", claims.TeeTcbSvn2);
        Hex(json, "mrSeam", claims.MrSeam);
        Hex(json, "mrSignerSeam", claims.MrSignerSeam);
        Hex(json, "seamAttributes", claims.SeamAttributes);
        Hex(json, "mrServiceTd", claims.MrServiceTd);
    }

    private static void WriteSnp(Utf8JsonWriter json, SnpClaims claims, bool machineIdentifiers)
    {
        Hex(json, "measurement", claims.Measurement);
        Hex(json, "hostData", claims.HostData);
        json.WriteNumber("reportVersion", claims.Version);
        json.WriteString("product", claims.Product.ToString());
        json.WriteString("productName", claims.ProductName);
        json.WriteString("cpuid", claims.Cpuid is { } cpu ? $"{cpu.Family},{cpu.Model},{cpu.Stepping}" : null);
        json.WriteString("currentVersion", VersionText(claims.CurrentVersion));
        json.WriteString("committedVersion", VersionText(claims.CommittedVersion));
        json.WriteString("signer", claims.Signer.ToString());
        json.WriteNumber("vmpl", claims.Vmpl);
        json.WriteBoolean("debug", claims.Debug);
        json.WriteNumber("guestSvn", claims.GuestSvn);
        Bits(json, "policy", claims.Policy);
        Bits(json, "platformInfo", claims.PlatformInfo);
        Hex(json, "familyId", claims.FamilyId);
        Hex(json, "imageId", claims.ImageId);
        Hex(json, "reportId", claims.ReportId);
        Hex(json, "reportIdMa", claims.ReportIdMa);
        Hex(json, "idKeyDigest", claims.IdKeyDigest);
        Hex(json, "authorKeyDigest", claims.AuthorKeyDigest);
        WriteSnpTcb(json, "reportedTcb", claims.ReportedTcb);
        WriteSnpTcb(json, "committedTcb", claims.CommittedTcb);
        WriteSnpTcb(json, "currentTcb", claims.CurrentTcb);
        WriteSnpTcb(json, "launchTcb", claims.LaunchTcb);
        Bits(json, "launchMitigationVector", claims.LaunchMitigationVector);
        Bits(json, "currentMitigationVector", claims.CurrentMitigationVector);
        json.WriteString("cspId", claims.CspId);
        if (machineIdentifiers)
        {
            Hex(json, "chipId", claims.ChipId);
        }
    }

    private static string VersionText((byte Major, byte Minor, byte Build) version) => $"{version.Major}.{version.Minor}.{version.Build}";

    private static void WriteSnpTcb(Utf8JsonWriter json, string name, SnpTcb tcb)
    {
        json.WriteStartObject(name);
        if (tcb.Fmc is { } fmc)
        {
            json.WriteNumber("fmc", fmc);
        }

        json.WriteNumber("bootLoader", tcb.BootLoader);
        json.WriteNumber("tee", tcb.Tee);
        json.WriteNumber("snp", tcb.Snp);
        json.WriteNumber("microcode", tcb.Microcode);
        json.WriteEndObject();
    }

    private static void WritePlatform(Utf8JsonWriter json, PckPlatform platform, bool machineIdentifiers)
    {
        json.WriteStartObject("platform");
        Hex(json, "fmspc", platform.Fmspc);
        Hex(json, "pceId", platform.PceId);
        Hex(json, "componentSvns", platform.ComponentSvns);
        json.WriteNumber("pceSvn", platform.PceSvn);
        json.WriteString("sgxType", platform.SgxType.ToString());
        Flag(json, "dynamicPlatform", platform.DynamicPlatform);
        Flag(json, "cachedKeys", platform.CachedKeys);
        Flag(json, "smtEnabled", platform.SmtEnabled);
        if (machineIdentifiers)
        {
            Hex(json, "ppid", platform.Ppid);
            Hex(json, "platformInstanceId", platform.PlatformInstanceId);
        }

        json.WriteEndObject();
    }

    private static void Hex(Utf8JsonWriter json, string name, byte[]? value) =>
        json.WriteString(name, value is null ? null : Convert.ToHexStringLower(value));

    // 64 bits do not survive JSON readers that keep numbers as doubles.
    private static void Bits(Utf8JsonWriter json, string name, ulong? value) =>
        json.WriteString(name, value is { } bits ? "0x" + bits.ToString("x16", CultureInfo.InvariantCulture) : null);

    private static void Flag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } known)
        {
            json.WriteBoolean(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
