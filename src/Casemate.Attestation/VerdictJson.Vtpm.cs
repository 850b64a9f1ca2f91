using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Casemate.Attestation.Azure;

namespace Casemate.Attestation;

public static partial class VerdictJson
{
    // Present only where there is a virtual TPM.
    private static void WriteVtpm(Utf8JsonWriter json, VtpmClaims? vtpm, bool machineIdentifiers)
    {
        if (vtpm is null)
        {
            return;
        }

        json.WriteStartObject("vtpm");
        Hex(json, "nonce", vtpm.Nonce);
        WriteByNumber(json, "pcrs", vtpm.Pcrs);
        Bits(json, "firmwareVersion", vtpm.FirmwareVersion);
        json.WriteNumber("resetCount", vtpm.ResetCount);
        json.WriteNumber("restartCount", vtpm.RestartCount);
        json.WriteString("userData", vtpm.RuntimeData.UserData is { } userData ? Convert.ToHexStringLower(userData.Span) : null);
        Flag(json, "secureBoot", vtpm.RuntimeData.SecureBoot);
        Flag(json, "consoleEnabled", vtpm.RuntimeData.ConsoleEnabled);
        Flag(json, "tpmEnabled", vtpm.RuntimeData.TpmEnabled);
        if (machineIdentifiers)
        {
            json.WriteString("vmUniqueId", vtpm.RuntimeData.VmUniqueId);
        }

        json.WriteEndObject();
    }

    private static void WriteByNumber(Utf8JsonWriter json, string name, ImmutableSortedDictionary<int, byte[]> values)
    {
        json.WriteStartObject(name);
        foreach (var (number, value) in values)
        {
            Hex(json, number.ToString(CultureInfo.InvariantCulture), value);
        }

        json.WriteEndObject();
    }
}
