using System.Text.Json;
using Casemate.Node.Discovery;
using Casemate.Primitives.Files;

namespace Casemate.Node.DevicePlugin;

/// <summary>The node's SGX devices as a Container Device Interface specification, for runtimes that read it.</summary>
internal static class CdiDevices
{
    /// <summary>Name of the device that makes enclaves.</summary>
    public const string Enclave = "enclave";

    /// <summary>Name of the device that gives the provisioning key.</summary>
    public const string Provision = "provision";

    /// <summary>Name of the firmware's variables, by which a platform is registered; the container needs CAP_LINUX_IMMUTABLE as well.</summary>
    public const string Registration = "registration";

    // /sys/firmware is masked in containers, so the variables are mounted elsewhere, where Intel's registration service is told to look.
    private const string VariablesPath = "/run/efivars";

    private const string Kind = "casemate.dev/sgx";
    private const string FileName = "casemate.dev-sgx.json";

    /// <summary>The name by which a runtime is asked for a device.</summary>
    public static string NameOf(string device) => $"{Kind}={device}";

    /// <summary>Writes the specification, or removes it when there is nothing to give; one that is right already stays as it is.</summary>
    /// <param name="settings">Where it goes, and what stands for the devices.</param>
    /// <param name="sgx">The devices.</param>
    /// <param name="registration">Whether somebody may register the platform.</param>
    /// <exception cref="IOException">The directory cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be written to.</exception>
    public static void Write(DevicePluginSettings settings, SgxHardware? sgx, bool registration = false)
    {
        var path = Path.Combine(settings.CdiDirectory!, FileName);
        if (sgx?.Enclave is null)
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }

            return;
        }

        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("cdiVersion", CdiDeviceNodes.Version);
            json.WriteString("kind", Kind);
            json.WriteStartArray("devices");
            WriteDevice(json, Enclave, sgx.EnclaveDevices, settings.StandIn);
            if (sgx.Provision is not null)
            {
                WriteDevice(json, Provision, sgx.ProvisionDevices, settings.StandIn);
            }

            if (registration)
            {
                WriteRegistration(json, settings.StandIn is not null);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var wanted = content.GetBuffer().AsSpan(0, (int)content.Length);
        if (File.Exists(path) && new FileInfo(path).Length == wanted.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(wanted))
        {
            return;
        }

        Directory.CreateDirectory(settings.CdiDirectory!);
        AtomicFile.Write(path, wanted);
    }

    // A described machine has no firmware: nothing of the host's is given in its place.
    private static void WriteRegistration(Utf8JsonWriter json, bool simulated)
    {
        json.WriteStartObject();
        json.WriteString("name", Registration);
        json.WriteStartObject("containerEdits");
        json.WriteStartArray(simulated ? "env" : "mounts");
        if (simulated)
        {
            json.WriteStringValue("CASEMATE_SIMULATED=1");
        }
        else
        {
            json.WriteStartObject();
            json.WriteString("hostPath", "efivarfs");
            json.WriteString("containerPath", VariablesPath);
            json.WriteString("type", "efivarfs");
            json.WriteStartArray("options");
            foreach (var option in (ReadOnlySpan<string>)["rw", "nosuid", "nodev", "noexec", "relatime"])
            {
                json.WriteStringValue(option);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDevice(Utf8JsonWriter json, string name, IEnumerable<ContainerDevice> devices, string? standIn)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartObject("containerEdits");
        CdiDeviceNodes.Write(json, devices, standIn);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
