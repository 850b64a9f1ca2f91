using System.Text.Json.Nodes;

namespace Casemate.KataPolicy;

/// <summary>Attacks that are more than the change of one field: out of order, twice, one container as another, and requests that nobody
/// asked for.</summary>
internal static class SteppedAttacks
{
    /// <summary>Attacks that make sense where <paramref name="next"/> is the honest request that comes next; the last step must be
    /// denied.</summary>
    internal static IEnumerable<(string Attack, IReadOnlyList<JsonRequest> Requests)> Before(PolicyData data, JsonRequest next)
    {
        foreach (var (attack, request) in Uninvited(data, next))
        {
            yield return (attack, [request]);
        }

        if (next.Kind == "CreateSandboxRequest")
        {
            yield return ("create the sandbox twice", [next, next]);
        }

        if (next.Kind != "CreateContainerRequest")
        {
            yield break;
        }

        yield return ("create a container twice", [next, next]);
        yield return ("create a container twice under another identifier", [next, Renamed(next, new string('a', 64))]);
        foreach (var id in new[] { "../x", "a/b", "a~1b", "A", "", "containers", new string('a', 129) })
        {
            // Without its identifier a container is no container: "containers" alone has the form of one.
            if (id != "containers")
            {
                yield return ($"use the identifier '{(id.Length > 9 ? "a…" : id)}'", [Renamed(next, id)]);
            }
        }

        yield return ("use an identifier that has the form of a shared file",
            [Renamed(next, $"{new string('a', 64)}-{new string('b', 16)}-data")]);
        var pod = new HonestPod(data);
        var current = next.Body["container_id"]!.GetValue<string>();
        for (var i = 0; i < data.Containers.Count; i++)
        {
            if (pod.Id(i) == current)
            {
                continue;
            }

            foreach (var one in Exchanged(data, next, pod.Create(i), data.Containers[i]))
            {
                yield return one;
            }
        }
    }

    private static IEnumerable<(string, IReadOnlyList<JsonRequest>)> Exchanged(
        PolicyData data, JsonRequest next, JsonObject other, ContainerPolicy container)
    {
        var whole = new JsonRequest(next.Kind, other).Whole();
        foreach (var (what, path) in new[] { ("process", "Process"), ("mounts", "Mounts"), ("annotations", "Annotations") })
        {
            var changed = next.Body.DeepClone().AsObject();
            if (JsonNode.DeepEquals(changed["OCI"]![path], whole.Body["OCI"]![path]))
            {
                continue;
            }

            changed["OCI"]![path] = whole.Body["OCI"]![path]!.DeepClone();
            yield return ($"give it the {what} of '{container.Name}'", [next with { Body = changed }]);
        }

        if (container.Image is not null && !JsonNode.DeepEquals(next.Body["storages"], whole.Body["storages"]))
        {
            var changed = next.Body.DeepClone().AsObject();
            changed["storages"] = whole.Body["storages"]!.DeepClone();
            yield return ($"give it the image of '{container.Name}'", [next with { Body = changed }]);
        }
    }

    private static JsonRequest Renamed(JsonRequest request, string id)
    {
        var old = request.Body["container_id"]!.GetValue<string>();
        return request with
        {
            Body = JsonNode.Parse(request.Body.ToJsonString().Replace($"{old}", id,
            StringComparison.Ordinal))!.AsObject()
        };
    }

    private static IEnumerable<(string, JsonRequest)> Uninvited(PolicyData data, JsonRequest next)
    {
        var defaults = data.RequestDefaults;
        JsonRequest Plain(string kind) => new(kind, []);
        foreach (var kind in AgentRequests.All.Where(one => !one.AllowedByDefault).Select(one => one.Name))
        {
            var isOpen = kind switch
            {
                "CloseStdinRequest" => defaults.CloseStdin,
                "ReadStreamRequest" => defaults.ReadStream,
                "WriteStreamRequest" => defaults.WriteStream,
                "UpdateEphemeralMountsRequest" => defaults.UpdateEphemeralMounts,
                "GetDiagnosticDataRequest" => defaults.GetDiagnosticData,
                _ => false,
            };
            if (!isOpen)
            {
                yield return ($"ask for {kind}", Plain(kind));
            }
        }

        if (next.Kind == "StartContainerRequest")
        {
            var id = next.Body["container_id"]!.GetValue<string>();
            foreach (var command in new[] { "/bin/sh", "cat /etc/shadow", "" })
            {
                var exec = new JsonObject
                {
                    ["container_id"] = id,
                    ["exec_id"] = "x",
                    ["process"] = new JsonObject
                    {
                        ["Args"] = new JsonArray([.. command.Split(' ').Select(one => (JsonNode)one)]),
                        ["Cwd"] = "/"
                    },
                };
                yield return ($"run '{command}'", new JsonRequest("ExecProcessRequest", exec));
            }
        }

        if (next.Kind != "CreateSandboxRequest")
        {
            yield break;
        }

        foreach (var path in new[]
        {
            "/etc/ssl/cert.pem", "etc/x", "..", "/run/kata-containers/shared/containers/../../../etc/passwd",
            $"/run/kata-containers/shared/containers/{new string('a', 64)}/rootfs/bin/sh",
                $"/run/kata-containers/{new string('a', 64)}/rootfs/bin/sh",
            $"/run/kata-containers/shared/containers/{new string('a', 64)}-0123456789abcdef-x/../../{new string('a', 64)}/rootfs/bin/sh",
        })
        {
            yield return ($"copy a file to '{path}'", new JsonRequest("CopyFileRequest", new JsonObject
            {
                ["path"] = path,
                ["file_mode"] = 0x81A4
            }));
        }

        var shared = $"/run/kata-containers/shared/containers/{new string('a', 64)}-0123456789abcdef-x/y";
        yield return ("copy a link to '/'", new JsonRequest(
            "CopyFileRequest", new JsonObject { ["path"] = shared, ["file_mode"] = 0xA1FF, ["symlink_target"] = "/etc" }));
        yield return ("copy a link that climbs", new JsonRequest(
            "CopyFileRequest", new JsonObject { ["path"] = shared, ["file_mode"] = 0xA1FF, ["symlink_target"] = "a/../../b" }));
        yield return ("copy a file that lends its owner's rights", new JsonRequest(
            "CopyFileRequest", new JsonObject { ["path"] = shared, ["file_mode"] = 0x89ED }));
        yield return ("copy a device", new JsonRequest("CopyFileRequest", new JsonObject { ["path"] = shared, ["file_mode"] = 0x21A4 }));
        yield return ("change the loop-back interface", new JsonRequest(
            "UpdateInterfaceRequest", new JsonObject
            {
                ["interface"] = new JsonObject
                {
                    ["name"] = "lo",
                    ["hwAddr"] = "02:00:00:00:00:01"
                }
            }));
        yield return ("set a forbidden flag of an interface", new JsonRequest(
            "UpdateInterfaceRequest", new JsonObject { ["interface"] = new JsonObject { ["name"] = "eth0", ["raw_flags"] = 64 } }));
        foreach (var source in new[] { "127.0.0.1", "::1", "0::0:1" })
        {
            var routes = new JsonArray(new JsonObject { ["device"] = "eth0", ["source"] = source });
            yield return ($"route '{source}' away", new JsonRequest(
                "UpdateRoutesRequest", new JsonObject { ["routes"] = new JsonObject { ["Routes"] = routes } }));
        }
    }
}
