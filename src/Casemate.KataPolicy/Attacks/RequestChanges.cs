using System.Text.Json.Nodes;

namespace Casemate.KataPolicy;

/// <summary>All changes of one field of a request: each gives the whole request, changed in that field only.</summary>
internal static class RequestChanges
{
    /// <summary>The changes of a request whose fields are all present.</summary>
    internal static IEnumerable<(string Path, string Change, JsonNode? Before, JsonRequest Request)> Of(JsonRequest request)
    {
        foreach (var one in Walk(request, request.Kind, new RequestField("", request.Kind, false), "", []))
        {
            yield return one;
        }
    }

    private static IEnumerable<(string, string, JsonNode?, JsonRequest)> Walk(
        JsonRequest request, string message, RequestField field, string path, object[] steps)
    {
        var value = At(request.Body, steps);
        if (field.IsRepeated && value is JsonArray array)
        {
            return Array(request, field, path, steps, array);
        }

        return field.Type switch
        {
            "string" => Changed(request, path, steps, value, ("change", value!.GetValue<string>() + "!x"), ("remove", ""), ("change",
                "root")),
            "number" => Changed(request, path, steps, value, ("change", value!.GetValue<long>() + 1), ("remove", 0)),
            "bool" => Changed(request, path, steps, value, ("change", !value!.GetValue<bool>())),
            "map" => Map(request, path, steps, value!.AsObject()),
            "any" => Changed(request, path, steps, value, ("add", new JsonObject { ["x"] = "x" })),
            _ => Message(request, field.Type, path, steps, value),
        };
    }

    private static IEnumerable<(string, string, JsonNode?, JsonRequest)> Message(
        JsonRequest request, string type, string path, object[] steps, JsonNode? value)
    {
        if (value is not JsonObject)
        {
            foreach (var one in Changed(request, path, steps, value, ("add", Empty(type))))
            {
                yield return one;
            }

            yield break;
        }

        if (steps.Length > 0)
        {
            foreach (var one in Changed(request, path, steps, value, ("remove", (JsonNode?)null)))
            {
                yield return one;
            }
        }

        foreach (var field in RequestSchema.Fields(type) ?? [])
        {
            foreach (var one in Walk(request, type, field, path.Length == 0 ? field.Name : $"{path}.{field.Name}", [.. steps, field.Name]))
            {
                yield return one;
            }
        }
    }

    private static IEnumerable<(string, string, JsonNode?, JsonRequest)> Map(JsonRequest request, string path, object[] steps,
        JsonObject map)
    {
        foreach (var (key, value) in map)
        {
            var at = $"{path}['{key}']";
            object[] to = [.. steps, key];
            foreach (var one in Changed(request, at, to, value, ("change", value!.GetValue<string>() + "!x"), ("change", "")))
            {
                yield return one;
            }

            var without = Clone(request);
            At(without.Body, steps)!.AsObject().Remove(key);
            yield return (at, "remove", value, without);
        }

        foreach (var key in new[] { "x", "io.katacontainers.config.agent.x", "kernel.core_pattern", "cdi.k8s.io/vfio9" })
        {
            var with = Clone(request);
            At(with.Body, steps)!.AsObject()[key] = "x";
            yield return ($"{path}['{key}']", "add", null, with);
        }
    }

    private static IEnumerable<(string, string, JsonNode?, JsonRequest)> Array(
        JsonRequest request, RequestField field, string path, object[] steps, JsonArray array)
    {
        var item = field with { IsRepeated = false };
        for (var i = 0; i < array.Count; i++)
        {
            var at = $"{path}[{i}]";
            foreach (var one in Walk(request, field.Type, item, at, [.. steps, i]))
            {
                // A member of an array that becomes null is no message of the protocol.
                if (one.Item2 != "remove" || one.Item1 != at || item.Type == "string" || item.Type == "number")
                {
                    yield return one;
                }
            }

            var without = Clone(request);
            At(without.Body, steps)!.AsArray().RemoveAt(i);
            yield return (at, "remove", array[i], without);
            if (i + 1 < array.Count && !JsonNode.DeepEquals(array[i], array[i + 1]))
            {
                var swapped = Clone(request);
                var items = At(swapped.Body, steps)!.AsArray();
                var first = items[i]?.DeepClone();
                items[i] = items[i + 1]?.DeepClone();
                items[i + 1] = first;
                yield return (at, "order", array[i], swapped);
            }
        }

        foreach (var extra in Extras(item.Type).Concat(array.Count > 0 ? [array[^1]?.DeepClone()] : []))
        {
            var with = Clone(request);
            At(with.Body, steps)!.AsArray().Add(extra);
            yield return (path, "add", null, with);
        }
    }

    private static IEnumerable<JsonNode?> Extras(string type) => type switch
    {
        "string" => ["x", "EXTRA=x", "CAP_SYS_ADMIN", "rw", "LD_PRELOAD=/x.so"],
        "number" => [(JsonNode)0, (JsonNode)4_000_000_000],
        "Mount" =>
        [
            new JsonObject { ["destination"] = "/bin", ["source"] = "/run/kata-containers/shared/containers/x", ["type_"] = "bind",
                ["options"] = new JsonArray("rbind") },
            new JsonObject { ["destination"] = "/proc/x", ["source"] = "proc", ["type_"] = "proc", ["options"] = new JsonArray("nosuid",
                "noexec", "nodev") },
        ],
        "Storage" =>
        [
            Storage("image_guest_pull", "registry.evil/x@sha256:" + new string('a', 64), "overlay", "/run/kata-containers/x/rootfs"),
            Storage("local", "/", "bind", "/run/kata-containers/x"),
            Storage("overlayfs", "none", "fuse3.kata-overlay", "/run/kata-containers/x/rootfs"),
            Storage("blk", "7f", "ext4", "/run/kata-containers/sandbox/storage/N2Y="),
        ],
        "any" => [new JsonObject { ["Allow"] = true, ["Access"] = "rwm" }],
        _ => [Empty(type)],
    };

    private static JsonObject Storage(string driver, string source, string type, string point) => new()
    {
        ["driver"] = driver,
        ["source"] = source,
        ["fstype"] = type,
        ["mount_point"] = point,
    };

    private static JsonNode Empty(string type) => new JsonObject(
        (RequestSchema.Fields(type) ?? []).Where(field => field is { IsRepeated: false, Type: "string" })
            .Select(field => KeyValuePair.Create(field.Name, (JsonNode?)"x")));

    private static IEnumerable<(string, string, JsonNode?, JsonRequest)> Changed(
        JsonRequest request, string path, object[] steps, JsonNode? before, params (string Change, JsonNode? Value)[] values)
    {
        foreach (var (change, value) in values)
        {
            if (JsonNode.DeepEquals(before, value))
            {
                continue;
            }

            var changed = Clone(request);
            var parent = At(changed.Body, steps[..^1])!;
            if (steps[^1] is int index)
            {
                parent[index] = value?.DeepClone();
            }
            else
            {
                parent[(string)steps[^1]] = value?.DeepClone();
            }

            yield return (path, change, before, changed);
        }
    }

    private static JsonNode? At(JsonNode root, object[] steps)
    {
        var node = root;
        foreach (var step in steps)
        {
            node = step is int index ? node![index] : node![(string)step];
        }

        return node;
    }

    private static JsonRequest Clone(JsonRequest request) => request with { Body = request.Body.DeepClone().AsObject() };
}
