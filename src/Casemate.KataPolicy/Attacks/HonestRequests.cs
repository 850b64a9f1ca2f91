using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>
/// The requests that an honest host makes for a pod, derived from the policy's data: what kubelet, containerd and the shim would send, from
/// the creation of the sandbox to the end of the containers.
/// </summary>
public static class HonestRequests
{
    /// <summary>The requests in order; each must be allowed.</summary>
    public static IReadOnlyList<AgentRequest> Of(PolicyData data) => [.. Json(data).Select(one => one.Read())];

    /// <summary>The same as a recording: each with the container or the sandbox that it is about, and the expectation that it is allowed.</summary>
    /// <param name="data">The policy's data.</param>
    public static IReadOnlyList<RecordedRequest> Record(PolicyData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var pod = new HonestPod(data);
        var names = Enumerable.Range(0, data.Containers.Count).ToDictionary(pod.Id, i => data.Containers[i].Name);
        return
        [
            .. Of(data).Select(request => new RecordedRequest(
                request, Allowed: true,
                request.Input["container_id"] is RegoString id && names.TryGetValue(id.Value, out var name) ? $"container {name}" : "sandbox")),
        ];
    }

    internal static IEnumerable<JsonRequest> Json(PolicyData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var pod = new HonestPod(data);
        yield return new JsonRequest("CreateSandboxRequest", new JsonObject
        {
            ["hostname"] = pod.Name,
            ["dns"] = new JsonArray("nameserver 10.96.0.10"),
            ["storages"] = new JsonArray([.. data.Sandbox.Storages.Select(pod.Storage)]),
            ["sandbox_id"] = pod.SandboxId,
        });
        foreach (var request in Network())
        {
            yield return request;
        }

        for (var i = 0; i < data.Containers.Count; i++)
        {
            var container = data.Containers[i];
            if (data.RequestDefaults.CopyFile.Contains("$(sfprefix)"))
            {
                yield return Copied(pod, i, "resolv.conf", 0x81A4);
                yield return Copied(pod, i, "volume", 0x41ED);
            }

            yield return new JsonRequest("CreateContainerRequest", pod.Create(i));
            yield return new JsonRequest("StartContainerRequest", new JsonObject { ["container_id"] = pod.Id(i) });
            foreach (var command in container.ExecCommands)
            {
                yield return new JsonRequest("ExecProcessRequest", pod.Exec(i, command));
            }

            if (container.Role is ContainerRole.Init)
            {
                yield return new JsonRequest("RemoveContainerRequest", new JsonObject { ["container_id"] = pod.Id(i) });
            }
        }

        for (var i = data.Containers.Count - 1; i >= 0; i--)
        {
            if (data.Containers[i].Role is not ContainerRole.Init)
            {
                yield return new JsonRequest("RemoveContainerRequest", new JsonObject { ["container_id"] = pod.Id(i) });
            }
        }

        yield return new JsonRequest("DestroySandboxRequest", []);
    }

    internal static string Hex(string seed) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(seed)));

    private static JsonRequest Copied(HonestPod pod, int container, string name, int mode) => new("CopyFileRequest", new JsonObject
    {
        ["path"] = pod.Filled(container, "$(sfprefix)" + name),
        ["file_mode"] = mode,
        ["file_size"] = 12,
        ["dir_mode"] = 0x1ED,
    });

    private static IEnumerable<JsonRequest> Network()
    {
        yield return new JsonRequest("UpdateInterfaceRequest", new JsonObject
        {
            ["interface"] = new JsonObject
            {
                ["device"] = "eth0",
                ["name"] = "eth0",
                ["IPAddresses"] = new JsonArray(new JsonObject { ["family"] = 0, ["address"] = "10.244.0.14", ["mask"] = "24" }),
                ["mtu"] = 1500,
                ["hwAddr"] = "66:74:9f:6a:96:01",
            },
        });
        yield return new JsonRequest("UpdateRoutesRequest", new JsonObject
        {
            ["routes"] = new JsonObject { ["Routes"] = new JsonArray(new JsonObject { ["gateway"] = "10.244.0.1", ["device"] = "eth0" }) },
        });
        yield return new JsonRequest("AddARPNeighborsRequest", new JsonObject
        {
            ["neighbors"] = new JsonObject
            {
                ["ARPNeighbors"] = new JsonArray(new JsonObject
                {
                    ["toIPAddress"] = new JsonObject { ["address"] = "10.244.0.1" },
                    ["device"] = "eth0",
                    ["lladdr"] = "00:00:5e:00:53:01",
                    ["state"] = 128,
                }),
            },
        });
    }
}
