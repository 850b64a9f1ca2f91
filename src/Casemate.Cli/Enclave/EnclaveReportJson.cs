using System.Globalization;
using System.Text.Json;
using Casemate.Measurement.Enclave;

namespace Casemate.Cli.Enclave;

/// <summary>An inspected enclave for programs. Described in <c>docs/enclave.md</c>.</summary>
internal static class EnclaveReportJson
{
    public static void Write(Utf8JsonWriter json, InspectedEnclave enclave)
    {
        json.WriteString("file", enclave.File);
        json.WriteString("format", FormatName(enclave.Report.Format));
        json.WriteStartArray("variants");
        foreach (var variant in enclave.Report.Variants)
        {
            json.WriteStartObject();
            WriteVariant(json, variant);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in enclave.Findings)
        {
            json.WriteStartObject();
            json.WriteString("id", $"{finding.Id}");
            json.WriteString("severity", EnclaveReportText.Level(finding.Severity));
            json.WriteString("message", finding.Message);
            json.WriteString("remedy", finding.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string FormatName(EnclaveFormat format) => format switch
    {
        EnclaveFormat.OpenEnclave => "openEnclave",
        EnclaveFormat.IntelSdk => "intelSdk",
        EnclaveFormat.Gramine => "gramine",
        EnclaveFormat.SigStruct => "sigStruct",
        EnclaveFormat.Opaque => "opaque",
        _ => "unknown",
    };

    private static void WriteVariant(Utf8JsonWriter json, EnclaveVariant variant)
    {
        json.WriteString("name", variant.Name);
        json.WriteString("mrEnclave", variant.MrEnclave.IsEmpty ? null : Convert.ToHexStringLower(variant.MrEnclave.Span));
        json.WriteString("mrEnclaveState", EnclaveReportText.StateName(variant.State));
        json.WriteString("reason", variant.Reason);
        if (SigStruct.TryRead(variant.SigStruct.Span, out var structure) is SigStructError.None)
        {
            json.WriteStartObject("signature");
            WriteStructure(json, structure);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("signature");
        }

        if (variant.Epc is { } epc)
        {
            WriteEpc(json, epc);
        }
        else
        {
            json.WriteNull("epc");
        }

        json.WriteStartObject("settings");
        foreach (var (name, value) in variant.Settings)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes the member <c>epc</c>: the protected memory that an enclave takes, in bytes.</summary>
    public static void WriteEpc(Utf8JsonWriter json, EnclaveEpc epc)
    {
        json.WriteStartObject("epc");
        json.WriteNumber("startBytes", epc.StartBytes);
        json.WriteNumber("maximumBytes", epc.MaximumBytes);
        json.WriteNumber("suggestedBytes", epc.SuggestedBytes);
        json.WriteEndObject();
    }

    private static void WriteStructure(Utf8JsonWriter json, SigStruct structure)
    {
        json.WriteString("verdict", $"{structure.Verify()}");
        json.WriteString("mrEnclave", Convert.ToHexStringLower(structure.MrEnclave));
        json.WriteString("mrSigner", Convert.ToHexStringLower(structure.MrSigner));
        json.WriteString("date", structure.Date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteNumber("vendor", structure.Vendor);
        json.WriteNumber("productId", structure.ProductId);
        json.WriteNumber("securityVersion", structure.SecurityVersion);
        json.WriteString("familyId", Convert.ToHexStringLower(structure.FamilyId));
        json.WriteString("extendedProductId", Convert.ToHexStringLower(structure.ExtendedProductId));
        json.WriteBoolean("debugAllowed", structure.Flags.HasFlag(EnclaveFlags.Debug) || !structure.FlagsMask.HasFlag(EnclaveFlags.Debug));
        json.WriteStartArray("flagNames");
        foreach (var name in EnclaveFlagText.Names(structure.Flags))
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        // Numbers of 64 bits are text: readers of JSON round them.
        json.WriteString("flags", Hex((ulong)structure.Flags));
        json.WriteString("flagsMask", Hex((ulong)structure.FlagsMask));
        json.WriteString("xfrm", Hex(structure.Xfrm));
        json.WriteString("xfrmMask", Hex(structure.XfrmMask));
        json.WriteString("miscSelect", Hex(structure.MiscSelect));
        json.WriteString("miscMask", Hex(structure.MiscMask));
    }

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");
}
