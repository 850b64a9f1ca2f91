using System.Globalization;
using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>The three patches without owners: RFC 7396, RFC 6902, and the strategic one with conditions keyed by type.</summary>
internal static class PatchRules
{
    public static JsonObject Apply(JsonObject before, string contentType, string body)
    {
        var after = (JsonObject)before.DeepClone();
        var patch = JsonNode.Parse(body);
        switch (contentType)
        {
            case "application/merge-patch+json":
                Merge(after, (JsonObject)patch!, strategic: false);
                return after;
            case "application/strategic-merge-patch+json":
                Merge(after, (JsonObject)patch!, strategic: true);
                return after;
            case "application/json-patch+json":
                return Operations(after, (JsonArray)patch!);
            default:
                throw new ApiFault(415, "UnsupportedMediaType", $"no such patch: {contentType}");
        }
    }

    /// <summary>Does operations of RFC 6902 on an object, in place.</summary>
    public static JsonObject Operations(JsonObject target, JsonArray operations)
    {
        foreach (var operation in operations)
        {
            Operate(target, (JsonObject)operation!);
        }

        return target;
    }

    private static void Merge(JsonObject target, JsonObject patch, bool strategic)
    {
        foreach (var (name, value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject inner:
                    if (target[name] is not JsonObject)
                    {
                        target[name] = new JsonObject();
                    }

                    Merge((JsonObject)target[name]!, inner, strategic);
                    break;
                case JsonArray list when strategic && name == "conditions":
                    MergeConditions(target, list);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }

    private static void MergeConditions(JsonObject target, JsonArray patch)
    {
        target["conditions"] ??= new JsonArray();
        var list = (JsonArray)target["conditions"]!;
        foreach (var item in patch.OfType<JsonObject>())
        {
            var type = item["type"]!.GetValue<string>();
            var existing = list.OfType<JsonObject>().FirstOrDefault(o => o["type"]!.GetValue<string>() == type);
            if (item["$patch"]?.GetValue<string>() == "delete")
            {
                list.Remove(existing);
            }
            else if (existing is null)
            {
                list.Add(item.DeepClone());
            }
            else
            {
                Merge(existing, item, strategic: true);
            }
        }
    }

    private static void Operate(JsonObject root, JsonObject operation)
    {
        var path = operation["path"]!.GetValue<string>();
        var parts = path.Split('/').Skip(1)
            .Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        var parent = parts[..^1].Aggregate((JsonNode?)root, (at, part) => at switch
        {
            JsonObject members => members[part],
            JsonArray list => list[int.Parse(part, CultureInfo.InvariantCulture)],
            _ => null,
        });
        var name = parts[^1];
        switch (operation["op"]!.GetValue<string>(), parent)
        {
            case ("test", JsonObject members) when JsonNode.DeepEquals(members[name], operation["value"]):
                break;
            case ("add", JsonObject members):
                members[name] = operation["value"]?.DeepClone();
                break;
            case ("replace", JsonObject members) when members.ContainsKey(name):
                members[name] = operation["value"]?.DeepClone();
                break;
            case ("remove", JsonObject members) when members.Remove(name):
                break;
            case ("test", JsonArray list) when JsonNode.DeepEquals(list[int.Parse(name, CultureInfo.InvariantCulture)], operation["value"]):
                break;
            case ("remove", JsonArray list):
                list.RemoveAt(int.Parse(name, CultureInfo.InvariantCulture));
                break;
            case ("replace", JsonArray list):
                list[int.Parse(name, CultureInfo.InvariantCulture)] = operation["value"]?.DeepClone();
                break;
            case ("add", JsonArray list) when name == "-":
                list.Add(operation["value"]?.DeepClone());
                break;
            case ("add", JsonArray list) when int.Parse(name, CultureInfo.InvariantCulture) <= list.Count:
                list.Insert(int.Parse(name, CultureInfo.InvariantCulture), operation["value"]?.DeepClone());
                break;
            default:
                throw new ApiFault(422, "Invalid", $"the patch does not fit: {operation["op"]} {path}");
        }
    }
}
