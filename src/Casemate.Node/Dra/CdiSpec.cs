using System.Text.Json;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;

namespace Casemate.Node.Dra;

/// <summary>The Container Device Interface specification of one claim (github.com/cncf-tags/container-device-interface, SPEC.md).</summary>
internal static class CdiSpec
{
    /// <summary>Vendor and class of every device of ours.</summary>
    public const string Kind = "casemate.dev/sgx";

    /// <summary>The fully qualified name of a device, by which a runtime is asked for it.</summary>
    public static string IdOf(string name) => $"{Kind}={name}";

    /// <summary>Writes the specification.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="nodesOf">The device nodes of a device.</param>
    /// <param name="aesmDirectory">Directory of the AESM socket on the host; null when none is mounted.</param>
    /// <param name="settings">Stand-in and environment.</param>
    public static byte[] Write(
        PreparedClaim claim, Func<PreparedDevice, IReadOnlyList<ContainerDevice>> nodesOf, string? aesmDirectory,
        DevicePluginSettings settings)
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("cdiVersion", CdiDeviceNodes.Version);
            json.WriteString("kind", Kind);
            json.WriteStartArray("devices");
            foreach (var device in claim.Devices)
            {
                json.WriteStartObject();
                json.WriteString("name", claim.CdiNameOf(device));
                json.WriteStartObject("containerEdits");
                CdiDeviceNodes.Write(json, nodesOf(device), settings.StandIn);
                var aesm = device.BringsSockets ? aesmDirectory : null;
                WriteMounts(json, aesm);
                WriteEnvironment(json, aesm is not null && device.MakesEnclaves && settings.SetAesmAddress, settings.StandIn is not null);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return content.ToArray();
    }

    // The directory and not the socket in it: so it outlives a restart of the quote helper. Read-only: the socket itself can be used.
    private static void WriteMounts(Utf8JsonWriter json, string? aesmDirectory)
    {
        if (aesmDirectory is null)
        {
            return;
        }

        json.WriteStartArray("mounts");
        json.WriteStartObject();
        json.WriteString("hostPath", aesmDirectory);
        json.WriteString("containerPath", DevicePluginSettings.AesmContainerPath);
        json.WriteStartArray("options");
        foreach (var option in (ReadOnlySpan<string>)["ro", "rbind", "nosuid", "nodev", "noexec"])
        {
            json.WriteStringValue(option);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteEnvironment(Utf8JsonWriter json, bool aesmAddress, bool simulated)
    {
        if (!aesmAddress && !simulated)
        {
            return;
        }

        json.WriteStartArray("env");
        if (aesmAddress)
        {
            json.WriteStringValue("SGX_AESM_ADDR=1");
        }

        if (simulated)
        {
            json.WriteStringValue("CASEMATE_SIMULATED=1");
        }

        json.WriteEndArray();
    }
}
