using System.Text.Json;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Google.Protobuf;

namespace Casemate.Testing.Kubelet;

/// <content>The file that survives a restart. Of devices only the resources' names are read back; who holds what is read whole.</content>
public sealed partial class TestKubelet
{
    private const string CheckpointName = "kubelet_internal_checkpoint";

    private string CheckpointPath => Path.Combine(_options.Directory, CheckpointName);

    private void WriteCheckpoint()
    {
        using var content = new MemoryStream();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteStartObject("Data");
            json.WriteStartArray("PodDeviceEntries");
            foreach (var (key, holding) in _holdings)
            {
                json.WriteStartObject();
                json.WriteString("Namespace", key.Container.Namespace);
                json.WriteString("Pod", key.Container.Pod);
                json.WriteString("ContainerName", key.Container.Container);
                json.WriteString("ResourceName", key.Resource);
                json.WriteStartArray("DeviceIDs");
                foreach (var id in holding.Devices)
                {
                    json.WriteStringValue(id);
                }

                json.WriteEndArray();
                json.WriteBase64String("AllocResp", holding.Answer.ToByteArray());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("RegisteredDevices");
            foreach (var (resource, state) in _resources)
            {
                json.WriteStartArray(resource);
                foreach (var id in state.Healthy.Keys)
                {
                    json.WriteStringValue(id);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        File.WriteAllBytes(CheckpointPath + ".new", content.ToArray());
        File.Move(CheckpointPath + ".new", CheckpointPath, overwrite: true);
    }

    private void ReadCheckpoint()
    {
        if (!File.Exists(CheckpointPath))
        {
            return;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(CheckpointPath));
        var data = document.RootElement.GetProperty("Data");
        foreach (var entry in data.GetProperty("PodDeviceEntries").EnumerateArray())
        {
            var container = new ContainerName(Text(entry, "Namespace"), Text(entry, "Pod"), Text(entry, "ContainerName"));
            _holdings[(container, Text(entry, "ResourceName"))] = new Holding(
                [.. entry.GetProperty("DeviceIDs").EnumerateArray().Select(id => id.GetString()!)],
                ContainerAllocateResponse.Parser.ParseFrom(entry.GetProperty("AllocResp").GetBytesFromBase64()));
        }

        foreach (var resource in data.GetProperty("RegisteredDevices").EnumerateObject())
        {
            _resources[resource.Name] = new ResourceState { Stopped = _options.Time.GetUtcNow() };
        }
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
