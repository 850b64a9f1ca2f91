using System.Text.Json;
using Casemate.Attestation.Nvidia;

namespace Casemate.Attestation;

public static partial class VerdictJson
{
    /// <summary>Writes the verdict on a GPU's report as one JSON object.</summary>
    public static void Write(Utf8JsonWriter json, GpuVerdict verdict, VerdictJsonOptions options)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        WriteMembers(json, verdict, options);
        json.WriteEndObject();
    }

    /// <summary>Writes the members of the verdict on a GPU's report alone, into an object that the caller has opened.</summary>
    public static void WriteMembers(Utf8JsonWriter json, GpuVerdict verdict, VerdictJsonOptions options)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        WriteHead(json, verdict.Accepted, options);
        json.WriteBoolean("simulated", verdict.Simulated);
        if (verdict.Claims is { } claims)
        {
            json.WriteStartObject("claims");
            json.WriteString("device", claims.Device);
            json.WriteString("driverVersion", claims.DriverVersion);
            json.WriteString("vbiosVersion", claims.VbiosVersion);
            Hex(json, "firmwareId", claims.FirmwareId);
            Hex(json, "nonce", claims.Nonce);
            WriteByNumber(json, "measurements", claims.Measurements);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("claims");
        }

        WriteChecks(json, verdict.Checks);
    }
}
