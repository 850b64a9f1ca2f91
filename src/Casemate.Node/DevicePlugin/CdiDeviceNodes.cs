using System.Text.Json;
using Casemate.Node.Discovery;

namespace Casemate.Node.DevicePlugin;

/// <summary>The device nodes of a Container Device Interface specification (containerEdits.deviceNodes, CDI 0.5.0 and later).</summary>
internal static class CdiDeviceNodes
{
    /// <summary>
    /// The lowest version that has what our specifications use: hostPath of device nodes, and names that begin with a digit, as UIDs do;
    /// types of mounts came earlier. A runtime passes over a file of a version that it does not know, however little of it is used.
    /// </summary>
    public const string Version = "0.5.0";

    /// <summary>Writes the member of a containerEdits object.</summary>
    /// <param name="json">Where it goes.</param>
    /// <param name="devices">The nodes.</param>
    /// <param name="standIn">What stands on the host for each of them; null when they are there themselves.</param>
    public static void Write(Utf8JsonWriter json, IEnumerable<ContainerDevice> devices, string? standIn)
    {
        json.WriteStartArray("deviceNodes");
        foreach (var device in devices)
        {
            json.WriteStartObject();
            json.WriteString("path", device.ContainerPath);
            json.WriteString("hostPath", standIn ?? device.HostPath);
            json.WriteString("type", "c");
            json.WriteString("permissions", "rw");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
