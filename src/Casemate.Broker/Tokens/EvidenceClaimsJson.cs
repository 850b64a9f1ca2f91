using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;

namespace Casemate.Broker;

/// <summary>
/// Verified claims under the names that Confidential Containers' verifiers give them, so that policies written for those tokens read
/// ours. Identifiers of one machine that such policies do not ask for (PPID, platform instance) stay out.
/// </summary>
internal static partial class EvidenceClaimsJson
{
    private const int QuoteHeaderSize = 48;

    /// <summary>Writes the members for SEV-SNP.</summary>
    public static void WriteSnp(Utf8JsonWriter writer, SnpClaims claims, Verdict verdict)
    {
        writer.WriteNumber("policy_abi_major"u8, (byte)(claims.Policy >> 8));
        writer.WriteNumber("policy_abi_minor"u8, (byte)claims.Policy);
        writer.WriteBoolean("policy_smt_allowed"u8, Bit(claims.Policy, 16));
        writer.WriteBoolean("policy_migrate_ma"u8, Bit(claims.Policy, 18));
        writer.WriteBoolean("policy_debug_allowed"u8, Bit(claims.Policy, 19));
        writer.WriteBoolean("policy_single_socket"u8, Bit(claims.Policy, 20));
        if (claims.ReportedTcb.Fmc is { } fmc)
        {
            writer.WriteNumber("reported_tcb_fmc"u8, fmc);
        }

        writer.WriteNumber("reported_tcb_bootloader"u8, claims.ReportedTcb.BootLoader);
        writer.WriteNumber("reported_tcb_tee"u8, claims.ReportedTcb.Tee);
        writer.WriteNumber("reported_tcb_snp"u8, claims.ReportedTcb.Snp);
        writer.WriteNumber("reported_tcb_microcode"u8, claims.ReportedTcb.Microcode);
        writer.WriteBoolean("platform_smt_enabled"u8, Bit(claims.PlatformInfo, 0));
        writer.WriteBoolean("platform_tsme_enabled"u8, Bit(claims.PlatformInfo, 1));
        WriteHex(writer, "measurement"u8, claims.Measurement);
        WriteBound(writer, verdict.Vtpm, claims.ReportData, claims.HostData);
        WriteHex(writer, "chip_id"u8, claims.ChipId);
    }

    /// <summary>Writes the members for TDX.</summary>
    /// <param name="writer">Stands inside the object.</param>
    /// <param name="claims">The verified claims.</param>
    /// <param name="quote">The verified quote, for its header.</param>
    /// <param name="verdict">The verdict, for the TCB.</param>
    public static void WriteTdx(Utf8JsonWriter writer, TdxClaims claims, ReadOnlySpan<byte> quote, Verdict verdict)
    {
        writer.WriteStartObject("quote"u8);
        writer.WriteStartObject("header"u8);
        var header = quote[..QuoteHeaderSize];
        WriteHex(writer, "version"u8, header[..2]);
        WriteHex(writer, "att_key_type"u8, header.Slice(2, 2));
        WriteHex(writer, "tee_type"u8, header.Slice(4, 4));
        WriteHex(writer, "reserved"u8, header.Slice(8, 4));
        WriteHex(writer, "vendor_id"u8, header.Slice(12, 16));
        WriteHex(writer, "user_data"u8, header.Slice(28, 20));
        writer.WriteEndObject();
        writer.WriteStartObject("body"u8);
        WriteHex(writer, "tcb_svn"u8, claims.TeeTcbSvn);
        WriteHex(writer, "mr_seam"u8, claims.MrSeam);
        WriteHex(writer, "mrsigner_seam"u8, claims.MrSignerSeam);
        WriteHex(writer, "seam_attributes"u8, claims.SeamAttributes);
        WriteHex(writer, "td_attributes"u8, claims.TdAttributes);
        WriteHex(writer, "xfam"u8, claims.Xfam);
        WriteHex(writer, "mr_td"u8, claims.MrTd);
        WriteHex(writer, "mr_config_id"u8, claims.MrConfigId);
        WriteHex(writer, "mr_owner"u8, claims.MrOwner);
        WriteHex(writer, "mr_owner_config"u8, claims.MrOwnerConfig);
        for (var i = 0; i < claims.Rtmrs.Length; i++)
        {
            writer.WriteString($"rtmr_{i}", Convert.ToHexStringLower(claims.Rtmrs[i]));
        }

        WriteHex(writer, "report_data"u8, claims.ReportData);
        if (claims.TeeTcbSvn2 is { } svn2 && claims.MrServiceTd is { } serviceTd)
        {
            WriteHex(writer, "tee_tcb_svn2"u8, svn2);
            WriteHex(writer, "mr_servicetd"u8, serviceTd);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();

        var attributes = BinaryPrimitives.ReadUInt64LittleEndian(claims.TdAttributes);
        writer.WriteStartObject("td_attributes"u8);
        writer.WriteBoolean("debug"u8, claims.Debug);
        writer.WriteBoolean("key_locker"u8, Bit(attributes, 31));
        writer.WriteBoolean("perfmon"u8, Bit(attributes, 63));
        writer.WriteBoolean("protection_keys"u8, Bit(attributes, 30));
        writer.WriteBoolean("septve_disable"u8, Bit(attributes, 28));
        writer.WriteEndObject();
        WriteTcb(writer, verdict, claims.Platform);
        WriteBound(writer, verdict.Vtpm, claims.ReportData, claims.MrConfigId);
        WriteEventLog(writer, verdict.EventLog);
    }

    /// <summary>Writes the members for SGX.</summary>
    /// <param name="writer">Stands inside the object.</param>
    /// <param name="claims">The verified claims.</param>
    /// <param name="quote">The verified quote, for its header.</param>
    /// <param name="verdict">The verdict, for the TCB.</param>
    public static void WriteSgx(Utf8JsonWriter writer, SgxClaims claims, ReadOnlySpan<byte> quote, Verdict verdict)
    {
        writer.WriteStartObject("header"u8);
        var header = quote[..QuoteHeaderSize];
        WriteHex(writer, "version"u8, header[..2]);
        WriteHex(writer, "att_key_type"u8, header.Slice(2, 2));
        WriteHex(writer, "att_key_data_0"u8, header.Slice(4, 4));
        WriteHex(writer, "qe_svn"u8, header.Slice(8, 2));
        WriteHex(writer, "pce_svn"u8, header.Slice(10, 2));
        WriteHex(writer, "vendor_id"u8, header.Slice(12, 16));
        WriteHex(writer, "user_data"u8, header.Slice(28, 20));
        writer.WriteEndObject();
        writer.WriteStartObject("body"u8);
        WriteHex(writer, "cpu_svn"u8, claims.CpuSvn);
        WriteHex(writer, "misc_select"u8, LittleEndian(claims.MiscSelect, 4));
        WriteHex(writer, "isv_ext_prod_id"u8, claims.IsvExtProdId);
        WriteHex(writer, "attributes.flags"u8, claims.Attributes.AsSpan(0, 8));
        WriteHex(writer, "attributes.xfrm"u8, claims.Attributes.AsSpan(8, 8));
        WriteHex(writer, "mr_enclave"u8, claims.MrEnclave);
        WriteHex(writer, "mr_signer"u8, claims.MrSigner);
        WriteHex(writer, "config_id"u8, claims.ConfigId);
        WriteHex(writer, "isv_prod_id"u8, LittleEndian(claims.IsvProdId, 2));
        WriteHex(writer, "isv_svn"u8, LittleEndian(claims.IsvSvn, 2));
        WriteHex(writer, "config_svn"u8, LittleEndian(claims.ConfigSvn, 2));
        WriteHex(writer, "isv_family_id"u8, claims.IsvFamilyId);
        WriteHex(writer, "report_data"u8, claims.ReportData);
        writer.WriteEndObject();
        WriteTcb(writer, verdict, claims.Platform);
        WriteHex(writer, "report_data"u8, claims.ReportData);
        WriteHex(writer, "init_data"u8, claims.ConfigId);
    }

    /// <summary>Writes the members for sample evidence: constants, but for the report data.</summary>
    public static void WriteSample(Utf8JsonWriter writer, ReadOnlySpan<byte> reportData)
    {
        writer.WriteString("svn"u8, "1"u8);
        writer.WriteString("launch_digest"u8, "abcde"u8);
        writer.WriteStartObject("platform_version"u8);
        writer.WriteNumber("major"u8, 1);
        writer.WriteNumber("minor"u8, 4);
        writer.WriteEndObject();
        writer.WriteBoolean("debug"u8, false);
        writer.WriteBase64String("report_data"u8, reportData);
    }

    private static void WriteTcb(Utf8JsonWriter writer, Verdict verdict, PckPlatform platform)
    {
        if (verdict.TcbStatus is { } status)
        {
            writer.WriteString("tcb_status"u8, status.ToString());
        }

        if (verdict.TcbDate is { } date)
        {
            writer.WriteString("tcb_date"u8, Time(date));
        }

        writer.WriteStartArray("advisory_ids"u8);
        foreach (var id in verdict.AdvisoryIds)
        {
            writer.WriteStringValue(id);
        }

        writer.WriteEndArray();
        if (verdict.CollateralExpires is { } expires)
        {
            writer.WriteString("earliest_expiration_date"u8, Time(expires));
        }

        writer.WriteString("collateral_expiration_status"u8, IsCollateralFresh(verdict) ? "0"u8 : "1"u8);
        writer.WriteString("sgx_type"u8, platform.SgxType switch
        {
            SgxType.Standard => "Standard",
            SgxType.Scalable => "Scalable",
            SgxType.ScalableWithIntegrity => "Scalable with Integrity",
            _ => "Unknown",
        });
        WriteFlag(writer, "is_dynamic_platform"u8, platform.DynamicPlatform);
        WriteFlag(writer, "is_cached_keys"u8, platform.CachedKeys);
        WriteFlag(writer, "is_smt_enabled"u8, platform.SmtEnabled);
    }

    // Collateral past its end that the policy's grace tolerates shows up as a warning of its freshness check.
    private static bool IsCollateralFresh(Verdict verdict)
    {
        foreach (var check in verdict.Checks)
        {
            var isFreshness = check.Id
                is CheckId.TcbInfoFreshness or CheckId.QeIdentityFreshness or CheckId.RootCrlFreshness or CheckId.PckCrlFreshness;
            if (isFreshness && check.Outcome is not CheckOutcome.Passed)
            {
                return false;
            }
        }

        return true;
    }

    private static void WriteFlag(Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } flag)
        {
            writer.WriteBoolean(name, flag);
        }
    }

    private static void WriteHex(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes) =>
        writer.WriteString(name, Convert.ToHexStringLower(bytes));

    private static byte[] LittleEndian(uint value, int size)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes[..size];
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static bool Bit(ulong value, int bit) => ((value >> bit) & 1) != 0;
}
